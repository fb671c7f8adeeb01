"""The composition root of the pages: `create_app()`. The process that also answers USSD and calls is `ivr serve`."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from ivr.sessions.requests import Reply, Request
from ivr.web.site import Site, build


class NoDoor:
    """Stands where no runner was given: every session is over at once."""

    async def call(self, session: str, request: Request) -> Reply:
        """An empty last reply."""
        return Reply((), ended=True, language="en")


def create_app(site: Site | None = None) -> Flask:
    """The pages of `site`; without one, pages that say that nothing is connected (for tools that only look at routes)."""
    unconnected = Site(door=NoDoor(), lines=tuple, prompts_dir=Path("prompts"), ready=lambda: {"ready": False, "why": "no runner"})
    return build(site or unconnected)
