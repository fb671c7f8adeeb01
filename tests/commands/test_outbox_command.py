"""`ivr outbox` as a person types it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ivr.accounts.books import open_books
from ivr.accounts.messages import BooksMessages
from ivr.accounts.outbox import Outbox, Refusal
from ivr.clock import clock_of
from ivr.engine.effects import Sms
from ivr.settings import Settings
from tests.commands.running import ivr

LINE = "994501110001"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IVR_DEMO", "0")


class Refusing:
    """A network that takes nothing but one text."""

    def deliver(self, sms: Sms) -> None:
        if sms.text != "good":
            raise Refusal(sms.text)


@pytest.fixture
def letters() -> None:
    """Two messages that a network has refused, one that waits, one that was delivered."""
    settings = Settings.from_environment()
    books, now = open_books(settings, clock_of(settings)), clock_of(settings).now()
    for number, text in enumerate(("good", "bad words", "worse words")):
        BooksMessages(books, at_once=False).send([Sms(LINE, "2112", text, "en", f"k{number}")], "azercell", now)
    mail = Outbox(books, Refusing())
    mail.run(now)
    mail.close()
    BooksMessages(books, at_once=False).send([Sms(LINE, "2112", "words that wait", "en", "k9")], "azercell", now)
    books.close()


def test_a_list_without_words_and_numbers(capsys: pytest.CaptureFixture[str], letters: None) -> None:
    code, out, _ = ivr(capsys, "outbox", "list", "--json")
    found = json.loads(out)
    assert code == 0 and [(row["id"], row["state"], row["tries"]) for row in found] == [(2, "dead", 1), (3, "dead", 1), (4, "waiting", 0)]
    assert list(found[0]) == ["id", "state", "to", "from", "tries", "at", "due"] and found[0]["to"] == "99450*****01"
    assert [row["id"] for row in json.loads(ivr(capsys, "outbox", "list", "--state", "waiting", "--json")[1])] == [4]
    shown = ivr(capsys, "outbox", "list")[1]
    assert "words" not in shown + out and LINE not in shown + out
    assert shown.splitlines()[0].startswith("     2  dead     to 99450*****01 from 2112, sent 20") and "1 try, given up" in shown


def test_nothing_to_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert ivr(capsys, "outbox", "list") == (0, "Nothing waits, and nothing was given up.\n", "")
    assert ivr(capsys, "outbox", "list", "--state", "dead")[1] == "Nothing is dead.\n"
    assert ivr(capsys, "outbox", "list", "--json")[1] == "[]\n"


def test_without_a_network_what_is_tried_again_waits(capsys: pytest.CaptureFixture[str], letters: None) -> None:
    assert ivr(capsys, "outbox", "retry", "2") == (0, "1 message is tried again.\n", "")
    assert json.loads(ivr(capsys, "outbox", "retry", "--all", "--json")[1]) == {"retried": [3]}
    assert ivr(capsys, "jobs", "run") == (0, "Nothing was due.\n", ""), "nothing pretends to have delivered it"
    assert {row["state"] for row in json.loads(ivr(capsys, "outbox", "list", "--json")[1])} == {"waiting"}


def test_the_demo_network_takes_it(capsys: pytest.CaptureFixture[str], letters: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_DEMO", "1")
    assert ivr(capsys, "outbox", "retry", "2", "3")[0] == 0
    assert ivr(capsys, "outbox", "list") == (0, "Nothing waits, and nothing was given up.\n", "")
    assert len(json.loads(ivr(capsys, "inbox", LINE, "--json")[1])) == 4


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("retry",), 2, "write the ids of messages, or --all for all that are dead"),
        (("retry", "1", "--all"), 2, "write the ids of messages, or --all for all that are dead"),
        (("retry", "x"), 2, "'x' is no id: `ivr outbox list` shows them, 17"),
        (("retry", "9" * 19), 2, "is no id"),
        (("retry", "77", "1"), 1, "nothing waits or is dead under 77, 1; see `ivr outbox list`"),
        ((), 2, "the following arguments are required: ACTION"),
    ],
)
def test_what_is_wrong_is_one_line(capsys: pytest.CaptureFixture[str], letters: None, words: tuple[str, ...], code: int, told: str) -> None:
    found, out, err = ivr(capsys, "outbox", *words)
    assert found == code and not out and told in err.splitlines()[-1] and "Traceback" not in err
