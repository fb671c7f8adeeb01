"""`/prompts/<name>.wav`: a prompt for the browser. The files are A-law as Asterisk plays them; browsers want linear samples."""

from __future__ import annotations

import io
import re
import wave
from pathlib import Path

from flask import Blueprint, abort, send_file
from werkzeug.wrappers import Response

from ivr.speech.audio import from_alaw
from ivr.web.guard import demo_only
from ivr.web.site import Site

RATE = 8000
"""Samples a second."""

LARGEST = 8000 * 600
"""Octets of the longest prompt served: ten minutes."""

SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
"""One part of a prompt's path: no leading dot, so neither `..` nor a hidden file."""


def locate(root: Path, name: str) -> Path | None:
    """The A-law file of the prompt `name` below `root`; None where the name leaves the folder (`..`, links) or there is none."""
    if not all(SEGMENT.fullmatch(part) for part in name.split("/")):
        return None
    path = (root / f"{name}.alaw").resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        return None
    return path


def wav(alaw: bytes) -> bytes:
    """A WAV file, mono, 16 bit, 8 kHz, of raw A-law octets."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(from_alaw(alaw))
    return out.getvalue()


def blueprint(site: Site) -> Blueprint:
    """The one route. For demo mode only: a reply joined into one file says somebody's balance."""
    pages = Blueprint("prompts", __name__)

    @pages.get("/prompts/<path:name>.wav")
    def prompt(name: str) -> Response:
        demo_only(site)
        path = locate(site.prompts_dir, name)
        if path is None or path.stat().st_size > LARGEST:
            abort(404, "There is no such prompt.")
        # `conditional` answers ranges, which Safari insists on for sound. A rebuilt prompt keeps its name: ask again each time.
        return send_file(
            io.BytesIO(wav(path.read_bytes())),
            mimetype="audio/wav",
            conditional=True,
            etag=f"{path.stat().st_mtime_ns:x}-{path.stat().st_size:x}",
            last_modified=path.stat().st_mtime,
        )

    return pages
