"""Words of every menu that no file holds: units as a phone shows them (`1500 MB`), opening hours, the end of a period.

Speech does not come from here; the spellers (`ivr.speech`) say units in full and in the right case.
"""

from __future__ import annotations

from collections.abc import Mapping

CONTEXT = "units"
"""The gettext context of all of them. No menu file may be called so."""

UNITS: Mapping[str, tuple[str, str]] = {
    "megabyte": ("{n} MB", "{n} MB"),
    "gigabyte": ("{n} GB", "{n} GB"),
    "minute": ("{n} minute", "{n} minutes"),
    "second": ("{n} second", "{n} seconds"),
    "day": ("{n} day", "{n} days"),
    "hour": ("{n} hour", "{n} hours"),
    "month": ("{n} month", "{n} months"),
    "message": ("{n} SMS", "{n} SMS"),
}
"""By unit of a `Count` (`ivr.engine.values.UNITS`): the English singular and plural, which are the msgid and its plural."""

DAYS_CONTEXT = "days"
DAYS: Mapping[str, str] = {
    **{f"short{number}": name for number, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))},
    **{
        f"from{number}": f"from {name}"
        for number, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
    },
    **{
        f"to{number}": f"to {name}"
        for number, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
    },
    **{
        f"on{number}": f"on {name}"
        for number, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
    },
    "every_day": "every day",
    "all_day": "day and night",
    "closed": "closed",
    "span": "from {start} to {end}",
}
"""Opening hours: `short` on screens; `from`, `to` and `on` are spoken, because other languages need a case there."""

DATES_CONTEXT = "dates"
UNTIL = "until {date}"
"""The form `until` of a date on screens. English wordings bring the word themselves ("till {expires:until}"): English is the date alone."""

USUAL_UNTIL: Mapping[str, str] = {"az": "{date} tarixinədək", "ru": "до {date}"}
"""What a catalog from before this message says all the same; any other language without it shows the date alone."""
