"""What the environment says about prompts: formats of replies, how much disk they may take, whether masters are kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.settings import SettingsError

FORMATS = ("alaw", "sln", "ulaw")
"""What a reply can be written as; the first two always are."""
_ALWAYS = ("alaw", "sln")
NAMES = ("flite", "festival", "espeak-ng", "gtts")
"""The voices that can be asked for by name (`ivr.speech.voice`)."""
LEAST_MEGABYTES = 16
"""Less would be thrown away while it is still played."""


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """`formats`: suffixes of a reply's files (IVR_PROMPT_FORMATS, `alaw,sln` unless `ulaw` is asked for). `most_bytes`: of all replies
    kept on disk (IVR_REPLIES_MB, 256). `masters`: keep each prompt's 16 kHz master as FLAC too (IVR_PROMPT_MASTERS, off)."""

    formats: tuple[str, ...] = _ALWAYS
    most_bytes: int = 256_000_000
    masters: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> SpeechSettings:
        """The settings that `environment` (default: the process's own) gives. Raises SettingsError naming every fault at once."""
        source = os.environ if environment is None else environment
        faults: list[str] = []
        asked = [name for name in (part.strip().lower() for part in source.get("IVR_PROMPT_FORMATS", "").split(",")) if name]
        if unknown := [name for name in asked if name not in FORMATS]:
            faults.append(f"IVR_PROMPT_FORMATS={','.join(asked)!r}: {unknown[0]!r} is not one of {', '.join(FORMATS)}")
        formats = tuple(name for name in FORMATS if name in (*_ALWAYS, *asked))
        text = source.get("IVR_REPLIES_MB", "").strip()
        megabytes = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
        if text and (megabytes is None or megabytes < LEAST_MEGABYTES):
            faults.append(f"IVR_REPLIES_MB={text!r}: write a whole number of megabytes, {LEAST_MEGABYTES} at the least")
        masters = source.get("IVR_PROMPT_MASTERS", "").lower()
        if masters not in ("", "0", "1"):
            faults.append(f"IVR_PROMPT_MASTERS={masters!r}: write 1 to keep 16 kHz masters, or 0")
        if faults:
            raise SettingsError("; ".join(faults))
        return cls(formats, (megabytes or 256) * 1_000_000, masters == "1")
