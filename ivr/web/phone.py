"""The phone page at `/`: a handset for the demo lines."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ivr import __version__
from ivr.web.guard import demo_only
from ivr.web.site import Site


def blueprint(site: Site) -> Blueprint:
    """`/`, and the icon that browsers ask for unbidden."""
    pages = Blueprint("phone", __name__)

    @pages.get("/")
    def phone() -> str:
        demo_only(site)
        lines = list(site.lines())
        return render_template(
            "phone.html", lines=lines, idle=site.idle, total=site.total, voice=site.call is not None, version=__version__
        )

    @pages.get("/favicon.ico")
    def icon() -> Response:
        return redirect(url_for("static", filename="icon.svg"))

    return pages
