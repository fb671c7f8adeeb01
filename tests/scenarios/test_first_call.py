"""The first call of a tcell line that has chosen no language. No demo line of tcell is one, so this test makes one, in books of its own."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.scenarios.suite import Suite, opened, run_scenario
from ivr.settings import ROOT
from tests.scenarios.helping import problems

NEW, UNSERVED = "992931110001", "992931110006"
SCENARIOS = f"""
now: "2026-11-22 12:00"
scenarios:
  russian:
    line: "{NEW}"
    steps:
      - call: "202"
        heard: |-
          Для русского языка нажмите один
          For English, press two
        charged: "0"
      - {{press: "1", hear: [Теперь на русском языке., Перевод денег., У вас ещё нет пароля.], charged: "0", ends: false}}
      - {{hang_up: true}}
      - {{call: "202", hear: [Перевод денег., "Регистрация: нажмите два"], charged: "0"}}
  english:
    line: "{NEW}"
    steps:
      - {{call: "202", hear: "For English, press two"}}
      - {{press: "9", hear: "For English, press two"}}
      - {{press: "2", hear: [From now on in English., SMS money., You have no password yet.]}}
      - {{hang_up: true}}
      - {{dial: "*202*7#", see: "Balance: 120.00 TJS"}}
  silence:
    line: "{NEW}"
    steps:
      - {{call: "202", hear: "For English, press two"}}
      - {{silence: 1, hear: "For English, press two"}}
      - {{silence: 1, hear: [Перевод денег., У вас ещё нет пароля.], ends: false}}
      - {{hang_up: true}}
      - {{call: "202", hear: "For English, press two"}}
  by_code_and_sms_nobody_is_asked:
    line: "{NEW}"
    steps:
      - {{dial: "*202#", see: Пароля нет.}}
      - {{sms: "202", text: "0*1111*4321", get: Пароль зарегистрирован.}}
  who_is_not_served_is_not_asked:
    line: "{UNSERVED}"
    steps:
      - {{call: "202", hear: "Услуга перевода денег недоступна на вашем тарифе", ends: true}}
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    menus = tmp_path_factory.mktemp("first_call") / "menus"
    shutil.copytree(ROOT / "menus" / "tcell", menus / "tcell", ignore=shutil.ignore_patterns("scenarios"))
    (menus / "tcell" / "scenarios").mkdir()
    (menus / "tcell" / "scenarios" / "first.yaml").write_text(SCENARIOS, "utf-8")

    def locales(_menus: Path) -> Path:
        return ROOT / "locales"

    with opened(menus / "tcell", locales) as found:
        assert not found.faults, "\n".join(map(str, found.faults))
        # every scenario plays on a copy of these books
        template = found.stage.template(found.scenarios[0].now, None)
        with contextlib.closing(sqlite3.connect(template)) as books, books:
            changed = books.execute("UPDATE line SET language = NULL WHERE msisdn IN (?, ?)", (NEW, UNSERVED)).rowcount
        assert changed == 2
        yield found


def test_a_line_without_a_language_is_asked_once(suite: Suite) -> None:
    for scenario in suite.scenarios:
        result = run_scenario(suite.stage, scenario)
        assert result.passed, f"{scenario.title}: {problems(result)}"


def test_both_languages_are_chosen_and_heard(suite: Suite) -> None:
    [coverage] = suite.coverage(suite.run())
    first = coverage.menus["language.first"]
    assert first.missing() == [] and first.taken == {"1", "2"}
