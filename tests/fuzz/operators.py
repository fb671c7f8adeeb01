"""Operators made at random from the whole grammar of the menu language, and compiled: most are free of faults, some are nearly so.

Everything is drawn from one `random.Random`: its seed makes the operator again. Files are written as JSON, which is YAML.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from ivr.catalog.compile import Compiled, compile_operator
from ivr.catalog.faults import Faults
from ivr.catalog.services import ListType, Service, load_services
from ivr.catalog.shapes import ANSWERS

SERVICES = Path(__file__).with_name("services.yaml")
"""More services than ours: every type, secrets, outcomes that bring values."""

WORDS = [
    "Menu",
    "Your line",
    "Here it is.",
    "Dial {numbers.support}",
    "It costs 5 €, [more] ^ in {line.tariff}",
    "[long] ^ {line.tariff}",
    "Costs {fee}",
    "{line.number:grouped}",
]
LATE = ["", "", "fail", "wait", "send_by_sms"]
LONG = "One line that is long enough to fill most of a page by itself, so that what stands beside it goes over to the next page. " * 2


def known_services() -> Mapping[str, Service]:
    faults = Faults()
    services = load_services(SERVICES, faults)
    assert not faults.found, faults.found
    return services


def compiled(files: Mapping[str, Any]) -> Compiled:
    """The operator that `files` (by stem, as JSON) are."""
    folder = Path(tempfile.mkdtemp(prefix="operator-"))
    try:
        (folder / "menus" / "fuzz").mkdir(parents=True)
        for stem, content in files.items():
            (folder / "menus" / "fuzz" / f"{stem}.yaml").write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
        shutil.copyfile(SERVICES, folder / "menus" / "services.yaml")
        return compile_operator(folder / "menus" / "fuzz", folder / "locales", "fuzz")
    finally:
        shutil.rmtree(folder)


def operator_file(random: Random) -> dict[str, Any]:
    """An operator.yaml."""
    once = [{}, {"once": "session"}]
    price = ["free", "0.10", "0.0236", "1.00"]
    tries = [{"most": 1, "say": "Wrong.", "then": "goodbye"}, {"most": 3, "say": "Again.", "then": "goodbye"}]
    return {
        "operator": "fuzz",
        "name": "Fuzz",
        "currency": "AZN",
        "time_zone": "Asia/Baku",
        "languages": {
            **random.choice(
                [
                    {"offered": ["en"], "default": "en"},
                    {"offered": ["en", "az"], "default": "az"},
                    {"offered": ["az", "ru"], "default": "ru"},
                ]
            ),
            **random.choice([{}, {"fold": {"az": ["ussd", "sms"]}}]),
        },
        "numbers": {
            "country": "994",
            "length": 9,
            "prefixes": ["50", "51"],
            "written": ["994#########", "0#########", "#########"],
            "support": "111",
        },
        "groups": {
            "prepaid": {"line": "prepaid"},
            "postpaid": {"line": "postpaid"},
            "young": {"tariffs": ["One"]},
            "others": {"except_tariffs": ["One"]},
            "everyone": {},
        },
        "fees": {
            name: {channel: random.choice(price) for channel in ("sms", "ussd", "call", "web")} | random.choice(once)
            for name in ("small", "large")
        },
        "tariffs": {
            "One": {
                "line": "prepaid",
                "call": "0.059",
                "sms": "0.05",
                "mb": "0.08",
                "spoken": dict.fromkeys(("az", "en", "ru"), "one"),
            },
            "Two": {
                "line": "postpaid",
                "call": "0.059",
                "sms": "0.05",
                "mb": "0.08",
                "spoken": dict.fromkeys(("az", "en", "ru"), "two"),
            },
        },
        "limits": {"least": "5.00", "count": 3},
        "ussd": {"octets": random.choice([100, 160]), "wait": "60s", "longest": "180s", "stay_open": random.random() < 0.7},
        "call": {
            "first_digit": "6s",
            "between_digits": "3s",
            "barge_in": True,
            "longest": "10m",
            "choice": "{label}: press {key}",
            "speak_numbers": "grouped",
        },
        "keys": {
            "ussd": {"back": "0", "home": "00", "next": "98"},
            "call": {"back": "*", "repeat": "#", "next": "9"},
            "confirm": "1",
            "refuse": "2",
        },
        "tries": {"no_input": random.choice(tries), "no_match": random.choice(tries)},
        "switches": {"news": random.random() < 0.5},
        "sessions": {"late": "3s", "resume": "5m"},
        "sms": {"parts": 3},
        "hours": {"desk": {"mon-fri": "09:00-18:00"}},
        "people": {"desk": {"call": "111", "hours": "desk", "ring": "45s"}, "anyone": {"call": "112", "ring": "30s"}},
        "answers": {
            name: {
                "next_call": "More: {key}",
                "not_enough": "It costs {fee}, you have {balance}.",
                "back": "Back",
                "home": "Menu",
                "next": "More",
            }.get(name, f"Answer {name.replace('_', ' ')}.")
            for name in ANSWERS
        },
    }


class Author:
    """Writes the menus of one operator."""

    def __init__(self, random: Random, services: Mapping[str, Service]) -> None:
        self.random, self.services = random, services
        self.menus: dict[str, dict[str, Any]] = {}
        self.fields: dict[str, dict[str, bool]] = {}
        self.reads = [service for service in services.values() if service.kind == "read"]
        self.acts = [service for service in services.values() if service.kind == "change"]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def write(self, count: int) -> dict[str, Any]:
        """All files of an operator."""
        names = [f"m{number}" for number in range(count)]
        for number, name in enumerate(names):
            self.menus[name] = self._menu(name, first=number == 0)
        parents = [name for name in names if self.menus[name].get("choices") is not None]
        for number, name in enumerate(names[1:], 1):
            before = [parent for parent in parents if names.index(parent) < number and len(self.menus[parent]["choices"]) < 6]
            if before:
                self._choice(self.random.choice(before), name, sure=True)
        for name in parents:
            for _ in range(self.random.choice([0, 0, 1, 2])):
                self._choice(name, self.random.choice([*names, "back", "home", "end"]))
            if not self.menus[name]["choices"]:
                self._choice(name, "end", sure=True)
        for name in names:
            self._onward(name, names)
        serves = self.random.choice(["everyone", "everyone", "prepaid", "young"])
        entries: list[dict[str, Any]] = [{"ussd": "*111#", "go": "m0"}, {"call": "2112", "go": "m0"}]
        if self.chance(0.3):
            entries[1]["then"] = self.random.choice([name for name in names if not self.fields[name]] or ["m0"])
        entries[0] |= {"resume": True} if self.chance(0.3) else {}
        entries += [{"web": "home", "go": "m0"}] if self.chance(0.5) else []
        entries += self._texts(names) if self.chance(0.6) else []
        top: dict[str, Any] = {"serves": serves, "entries": entries, "menus": self.menus}
        if serves != "everyone":
            top["not_served"] = "Not for you."
        return {"operator": operator_file(self.random), "tree": top}

    def _texts(self, names: list[str]) -> list[dict[str, Any]]:
        """Ways in by SMS: a word, and the fields of the form behind it."""
        found = []
        for number, name in enumerate(names):
            questions = self.menus[name].get("ask", {})
            if self.chance(0.5) and not any("again" in question for question in questions.values()):
                found.append({"sms": "2112", "text": "*".join([f"w{number}", *(f"{{{field}}}" for field in questions)]), "go": name})
        return found

    # -- one menu

    def _menu(self, name: str, first: bool) -> dict[str, Any]:
        random = self.random
        kind = "choices" if first else random.choice(["choices", "figures", "figures", "form", "form", "words", "person"])
        menu: dict[str, Any] = {}
        self.fields[name] = {}
        names: dict[str, str] = {}
        if kind == "form":
            self._form(name, menu, names)
        if kind == "person":
            menu["connect"] = random.choice(["desk", "anyone"])
            menu["otherwise"] = {
                "busy": "All are busy.",
                "no_answer": random.choice(["Nobody is there.", {"say": "Nobody.", "go": "home"}]),
            }
            menu["otherwise"]["closed"] = "We are open {hours.desk}."
        if kind == "figures" or (kind == "choices" and self.chance(0.3)):
            self._look_up(menu, names)
            self._otherwise(menu)
        if self.chance(0.3):
            menu["fee"] = random.choice(["small", "large"])
        menu["say"] = self._say(names)
        lists = [path for path, of in names.items() if of == "list"]
        if lists and self.chance(0.7):
            menu["list"] = self._list(random.choice(lists), names, menu)
        if self.chance(0.2):
            menu["after"] = self._say(names)
        if kind == "choices" or (kind == "figures" and self.chance(0.3)):
            menu["choices"] = {}
        if self.chance(0.15) and kind != "form":  # words cannot be typed in a call: without a way back that would be a dead end
            menu["back"] = False
        if self.chance(0.1) and kind != "person":
            menu["also_sms"] = random.choice([True, "A receipt."])
        for key in ("no_input", "no_match"):
            if self.chance(0.1):
                menu[key] = random.choice(["Pardon?", {"most": 2, "then": "goodbye"}, {"most": 2, "say": "Pardon?", "then": "continue"}])
        if self.chance(0.05):
            menu["switch"] = "news"
        return self._ordered(menu)

    def _ordered(self, menu: dict[str, Any]) -> dict[str, Any]:
        order = "note switch back ask confirm get do fee say list after also_sms choices connect then no_input no_match otherwise".split()
        return {key: menu[key] for key in order if key in menu}

    def _form(self, name: str, menu: dict[str, Any], names: dict[str, str]) -> None:
        service = self.random.choice(self.acts)
        menu["ask"] = {}
        for field, kind in service.takes.items():
            asked = self.chance(0.9)
            question: dict[str, Any] = {"say": f"Which {field}?"} if asked else {}
            if asked and self.chance(0.2):
                question["no_match"] = self.random.choice(
                    ["Not so.", {"too_small": "Too little.", "other": "Not so."}, {"foreign": "Not ours.", "other": "Not so."}]
                )
            if asked and self.chance(0.15):
                question["again"] = "Once more, please."
            if asked and self.chance(0.1):
                question["no_input"] = {"most": 2, "say": "Say something.", "then": "goodbye"}
            menu["ask"][field] = question
            self.fields[name][field] = asked
            if not kind.secret:
                names[field] = {"one_of": "text", "digits": "text"}.get(kind.kind, kind.kind)
        if not menu["ask"]:
            del menu["ask"]
        if self.chance(0.4):
            menu["confirm"] = self.random.choice(["Really?", *[f"Really {{{field}}}?" for field in names]])
        if self.chance(0.25):
            self._look_up(menu, names)
        menu["do"] = service.name
        for field, kind in service.gives.items():
            if isinstance(kind, str):
                names[f"result.{field}"] = str(kind)
        self._otherwise(menu)

    def _otherwise(self, menu: dict[str, Any]) -> None:
        called = [*self._of(menu).values(), *([self.services[menu["do"]]] if "do" in menu else [])]
        menu["otherwise"] = {}
        outcomes = dict.fromkeys(outcome for service in called for outcome in service.outcomes)
        for outcome in [*outcomes, *(extra for extra in ("unavailable", "late") if self.chance(0.2))]:
            answer: dict[str, Any] = {"say": f"It is {outcome.replace('_', ' ')}."}
            if self.chance(0.3):
                answer["fee"] = self.random.choice(["small", "large"])
            if self.chance(0.3) and menu.get("ask"):
                answer["retry"] = self.random.choice(list(menu["ask"]))
            elif self.chance(0.2):
                answer["go"] = self.random.choice(["home", "back", "end"])
            menu["otherwise"][outcome] = answer if len(answer) > 1 or self.chance(0.3) else answer["say"]
        if not menu["otherwise"]:
            del menu["otherwise"]

    def _look_up(self, menu: dict[str, Any], names: dict[str, str]) -> None:
        menu["get"] = {}
        for name in self.random.choice([["got"], ["got", "more"]]):
            service = self.random.choice(self.reads)
            menu["get"][name] = {"from": service.name, "late": random_late} if (random_late := self.random.choice(LATE)) else service.name
            for field, kind in service.gives.items():
                names[f"{name}.{field}"] = "list" if isinstance(kind, ListType) else str(kind)

    def _got(self, name: str) -> Mapping[str, Service]:
        return self._of(self.menus[name])

    def _of(self, menu: dict[str, Any]) -> Mapping[str, Service]:
        """The services of a menu's look-ups, by the name of what they bring."""
        return {name: self.services[said["from"] if isinstance(said, dict) else said] for name, said in menu.get("get", {}).items()}

    def _list(self, path: str, names: dict[str, str], menu: dict[str, Any]) -> dict[str, Any]:
        service = self._of(menu)[path.split(".")[0]]
        kind = service.gives[path.split(".")[1]]
        assert isinstance(kind, ListType)
        item = " ".join(f"{{{field}}}" for field, of in kind.record.items() if of != "flag")
        return {
            "of": path,
            "item": item,
            **({"none": "Nothing."} if self.chance(0.7) else {}),
            **({"speak": self.random.choice([1, 3, 5])} if self.chance(0.5) else {}),
        }

    def _say(self, names: dict[str, str]) -> Any:
        shown = [f"Value {{{path}}}" for path, kind in names.items() if kind not in ("list", "flag")]
        wording: Any = self.random.choice([*WORDS, *shown, LONG])
        if self.chance(0.3):
            wording = {"default": wording, "call": self.random.choice(["Listen.", *shown])}
        if self.chance(0.6):
            return wording
        return [
            wording,
            {"when": self.condition(names), "say": self.random.choice([*WORDS, *shown])},
            *([{"only": "call", "say": "Only in calls."}] if self.chance(0.3) else []),
        ]

    def condition(self, names: dict[str, str]) -> str:
        """A condition over what is known here."""
        one = self.random.choice(
            [
                *("line.kind == prepaid", "line.notices", "not line.roaming", "switches.news", "line.tariff == 'One'", "hours.desk"),
                *(f"{path}" for path, kind in names.items() if kind == "flag"),
                *(
                    f"{path} {sign} {size}"
                    for path, kind in names.items()
                    if kind in ("money", "number")
                    for sign, size in ((">", "0"), ("<=", "limits.least" if kind == "money" else "limits.count"), ("==", "7"))
                ),
                *(f"{path} == 'abc'" for path, kind in names.items() if kind == "text"),
            ]
        )
        if self.chance(0.3):
            return f"{one} {self.random.choice(['and', 'or'])} {self.condition(names)}"
        return f"not ({one})" if self.chance(0.2) else one

    # -- what leads where

    def _choice(self, name: str, go: str, sure: bool = False) -> None:
        choices = self.menus[name]["choices"]
        key = next((str(key) for key in self.random.sample(range(1, 7), 6) if str(key) not in choices), None)
        if key is None:
            return
        choice: dict[str, Any] = {"label": f"Go to {go}", "go": go}
        hand = self._handed(name, go)
        if hand is None:
            return
        if hand:
            choice["with"] = hand
        names = {
            f"{got}.{field}": "list" if isinstance(kind, ListType) else str(kind)
            for got, service in self._got(name).items()
            for field, kind in service.gives.items()
        }
        if not sure and self.chance(0.5):
            choice["when"] = self.condition(names)
        if not sure and self.chance(0.1):
            choice["only"] = self.random.choice(["ussd", "call"])
        if not sure and self.chance(0.1):
            choice["switch"] = "news"
        choices[key] = choice

    def _handed(self, name: str, go: str) -> dict[str, str] | None:
        """Values for the fields of `go`: those that it does not ask for, and now and then others; None where there is none."""
        hand = {}
        service = self.services.get(self.menus.get(go, {}).get("do", ""))
        for field, asked in self.fields.get(go, {}).items():
            if asked and self.chance(0.8):
                continue
            kind = service.takes[field] if service is not None else None
            if kind is None or kind.secret:
                if not asked:
                    return None
                continue
            hand[field] = {
                "one_of": kind.words[0] if kind.words else "",
                "money": "5.00",
                "msisdn": "0501112233",
                "number": "7",
                "date": "05.03.2027",
            }.get(kind.kind, "1234567890")
        return hand

    def _onward(self, name: str, names: list[str]) -> None:
        menu = self.menus[name]
        free = [other for other in names if not self.fields[other]]
        if "list" in menu and menu.get("choices") is None and self.chance(0.4):
            menu["list"]["choose"] = {"label": "Take it", "go": self.random.choice(free or ["m0"])}
        elif menu.get("choices") is None and "connect" not in menu and self.chance(0.15):
            menu["then"] = self.random.choice([other for other in names if not self.fields[other]] or ["m0"])
        self.menus[name] = self._ordered(menu)


def written(random: Random, services: Mapping[str, Service], most: int = 6) -> dict[str, Any]:
    """The files of an operator."""
    return Author(random, services).write(random.randint(1, most))
