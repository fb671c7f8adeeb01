"""Where the list of services stands that the catalog checks menus against: `services.yaml`, shipped beside this module.

The catalog parses it (types, positions, checks); an operator's own back-end brings a file of the same form. The engine's
own services, `ENGINE_OWN`, are not in it, because no menu can name them.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

SERVICES_FILE = Path(str(resources.files(__package__).joinpath("services.yaml")))
"""The services of our own books."""

ENGINE_OWN = ("accounts.funds", "accounts.charge")
"""Called by the engine itself for fees: could the line pay it, and take it."""


def services_text() -> str:
    """The text of `SERVICES_FILE`."""
    return SERVICES_FILE.read_text("utf-8")
