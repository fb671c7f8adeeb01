"""A message as a row: what `ivr sms`, `ivr inbox` and `POST /sms` show of it."""

from __future__ import annotations

from ivr.engine.effects import Sms
from ivr.engine.text import measure_sms


def message_row(sms: Sms) -> dict[str, object]:
    """`to`, `from`, `text`, `class` (0 for a flash message, else None), `parts`, `encoding` (`gsm7`, `ucs2`)."""
    size = measure_sms(sms.text)
    return {
        "to": sms.to,
        "from": sms.sender,
        "text": sms.text,
        "class": 0 if sms.flash else None,
        "parts": size.parts,
        "encoding": size.encoding,
    }


def message_lines(sms: Sms) -> str:
    """The same for a person."""
    size = measure_sms(sms.text)
    what = "flash SMS" if sms.flash else "SMS"
    told = f"{what} to {sms.to} from {sms.sender} ({size.encoding}, {size.parts} {'part' if size.parts == 1 else 'parts'})"
    return "\n".join([told, *(f"  {line}" for line in sms.text.split("\n"))])
