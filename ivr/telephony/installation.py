"""Where an Asterisk is: one that the system has, else the one unpacked into the project's cache."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20
PROJECT = Path(__file__).resolve().parents[2]
CACHE = PROJECT / ".cache" / "asterisk"
TEMPLATES = Path(__file__).parent / "conf"

# Debian's and Ubuntu's places first, then those of an Asterisk built from its source.
_MODULE_FOLDERS = ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules", "usr/local/lib/asterisk/modules")
_DATA_FOLDERS = ("usr/share/asterisk", "var/lib/asterisk", "usr/local/share/asterisk")


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk that can be started.

    `command` is how (the program alone, or its own loader with its own libraries before it), `modules` the folder of its
    modules, `data` the one that holds `documentation/`, without which it refuses to read its settings.
    """

    command: tuple[str, ...]
    version: str
    modules: Path
    data: Path


def find_installation(cache: Path = CACHE) -> Installation | None:
    """The system's Asterisk if it is new enough and has every module we load, else the one in `cache`; None without either.

    One that lacks modules is still given where there is no better, so that whoever starts it can name them.
    """
    found = [installation for installation in (_on_system(), _unpacked(cache)) if installation is not None]
    return next((installation for installation in found if not missing_modules(installation)), found[0] if found else None)


def wanted_modules() -> list[str]:
    """The file names of the modules that our configuration loads."""
    return re.findall(r"^load=(\S+)", (TEMPLATES / "modules.conf").read_text(encoding="utf-8"), re.MULTILINE)


def missing_modules(installation: Installation) -> list[str]:
    """The file names of the modules that we load and the installation does not have."""
    return [name for name in wanted_modules() if not (installation.modules / name).is_file()]


def _on_system() -> Installation | None:
    # The sbin folders are not on the PATH of an ordinary user.
    program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    return _installation((program,), Path("/")) if program is not None else None


def _unpacked(tree: Path) -> Installation | None:
    loader = next(iter(sorted(tree.glob("usr/lib*/ld-linux*.so*")) + sorted(tree.glob("usr/lib/*/ld-linux*.so*"))), None)
    if loader is None:
        return None
    # The programs of another Debian need that Debian's C library, and a C library needs its own loader. Started this way
    # nothing of it touches the system's.
    libraries = ":".join(str(folder) for folder in sorted(tree.glob("usr/lib/*-linux-*")))
    return _installation((str(loader), "--library-path", libraries, str(tree / "usr/sbin/asterisk")), tree)


def _installation(command: tuple[str, ...], root: Path) -> Installation | None:
    try:
        shown = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"Asterisk ([A-Za-z/-]*(\d+)[^\s]*)", shown)
    modules = _first(root, _MODULE_FOLDERS, "res_pjsip.so")
    data = _first(root, _DATA_FOLDERS, "documentation/core-en_US.xml")
    if version is None or int(version[2]) < OLDEST or modules is None or data is None:
        return None
    return Installation(command, version[1], modules, data)


def _first(root: Path, patterns: tuple[str, ...], inside: str) -> Path | None:
    return next((folder for pattern in patterns for folder in sorted(root.glob(pattern)) if (folder / inside).is_file()), None)
