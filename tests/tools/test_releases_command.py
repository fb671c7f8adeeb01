"""`ivr releases` at the command line, beside a server's sessions and without any."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from ivr.catalog.releases import Releases
from ivr.cli import main
from ivr.commands_releases import MOST_FAULTS
from ivr.engine.state import State
from ivr.sessions.pins import pinned
from ivr.sessions.store import OLDEST, Record, WriteBehindStore
from tests.catalog.test_compile_faults import MENU, OPERATOR


@pytest.fixture
def menus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The menu folder of a small operator; the data folder is beside it."""
    folder = tmp_path / "menus" / "small"
    folder.mkdir(parents=True)
    (folder / "operator.yaml").write_text(OPERATOR)
    (folder / "m.yaml").write_text(MENU)
    monkeypatch.setenv("IVR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IVR_MENUS", str(tmp_path / "menus"))
    monkeypatch.delenv("IVR_DEMO", raising=False)
    monkeypatch.setattr("ivr.catalog.lookout.SETTLED", 0.0)
    (tmp_path / "locales").mkdir()
    return folder


def say(menus: Path, word: str) -> None:
    (menus / "m.yaml").write_text(MENU.replace("say: Hello", f"say: {word}"))


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["releases", "--json", *arguments]) == 0
    return list(json.loads(capsys.readouterr().out))


def publish(menus: Path, word: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Publish by command; the release's id. Moments are told apart by hand: the clock of the disk is coarse."""
    say(menus, word)
    capsys.readouterr()
    assert main(["releases", "publish", "small"]) == 0
    release = capsys.readouterr().out.split()[1]
    home = Path(os.environ["IVR_HOME"]) / "releases" / "small"
    moment = 1_000_000_000 + len(list(home.glob("*/menus")))
    os.utime(home / release, (moment, moment))
    return release


def session(number: int, release: str, waiting: str = "key") -> Record:
    state = State(f"s{number}", "ussd", "en", f"99450111000{number}", None, waiting=waiting)
    return Record(f"s{number}", "small", release, state, time.monotonic(), time.monotonic())


def test_nothing_yet(menus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rows(capsys) == []
    assert main(["releases"]) == 0
    assert capsys.readouterr().out == "no releases yet: the first is published when the menus are first served\n"


def test_the_list_counts_the_sessions_of_a_running_server(menus: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    one, two = publish(menus, "One", capsys), publish(menus, "Two", capsys)
    store = WriteBehindStore(tmp_path / "home" / "sessions.db", 0.0)
    for record in (session(1, one), session(2, one), session(3, two), session(4, two, "ended")):
        store.put(record)
    deadline = time.monotonic() + 10
    while sum(pinned(tmp_path / "home" / "sessions.db").values()) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    while_it_runs = rows(capsys)
    store.close()
    assert while_it_runs == rows(capsys) == rows(capsys, "--operator", "small")
    assert [(row["release"], row["current"], row["sessions"]) for row in while_it_runs] == [(two, True, 1), (one, False, 2)]
    assert all(row["operator"] == "small" and int(str(row["size"])) > 0 for row in while_it_runs)
    assert [row["published"] for row in while_it_runs] == ["2001-09-09T01:46:42+00:00", "2001-09-09T01:46:41+00:00"]
    assert main(["releases"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["operator", "release", "published", "sessions", "kB"]
    assert first.split()[:2] == ["small", two] and "current" in first and "current" not in second and second.split()[-2] == "2"


def test_sessions_that_no_server_would_take_up_again_do_not_count(tmp_path: Path) -> None:
    store = WriteBehindStore(tmp_path / "sessions.db", 0.0)
    store.put(session(1, "a" * 12))
    store.close()
    assert pinned(tmp_path / "sessions.db") == {("small", "a" * 12): 1}
    assert pinned(tmp_path / "sessions.db", now=lambda: time.monotonic() + OLDEST + 1) == {}
    assert pinned(tmp_path / "sessions.db", now=lambda: 0.0) == {}, "from before the machine was started"
    assert pinned(tmp_path / "none.db") == {}
    with sqlite3.connect(tmp_path / "sessions.db") as database:
        database.execute("INSERT INTO session VALUES ('x', ?, 'no json')", (time.monotonic(),))
    assert pinned(tmp_path / "sessions.db") == {("small", "a" * 12): 1}


def test_a_broken_session_file_is_said_and_the_rest_listed(menus: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    publish(menus, "One", capsys)
    (tmp_path / "home" / "sessions.db").write_bytes(b"no database" * 100)
    assert [row["sessions"] for row in rows(capsys)] == [None]
    assert main(["releases"]) == 0
    told = capsys.readouterr()
    assert "sessions.db cannot be read" in told.err and " ? " in told.out


def test_back_and_on(menus: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    one, two = publish(menus, "One", capsys), publish(menus, "Two", capsys)
    server = Releases(menus.parent, tmp_path / "locales", tmp_path / "home" / "releases")
    server.load()
    capsys.readouterr()
    assert main(["releases", "roll-back", "small"]) == 0
    assert capsys.readouterr().out.startswith(
        f"small: {one} is current for the next session, until a menu file is saved or `ivr releases publish small`"
    )
    assert server.refresh() is True and server.current["small"].release == one
    assert [row["release"] for row in rows(capsys) if row["current"]] == [one]
    assert main(["releases"]) == 0
    assert f"small: rolled back; `ivr releases publish small` takes what is on disk ({two}) again" in capsys.readouterr().out
    assert main(["releases", "roll-back", "small", two[:5]]) == 0
    assert main(["releases", "roll-back", "small", one]) == 0
    assert main(["releases", "publish", "small"]) == 0
    assert server.refresh() is True and server.current["small"].release == two
    say(menus, "Three")
    assert main(["releases"]) == 0
    assert "the menu files differ from the current release" in capsys.readouterr().out


def test_production_serves_what_was_published(menus: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_DEMO", "0")
    one = publish(menus, "One", capsys)
    say(menus, "Two")
    assert [row["release"] for row in rows(capsys) if row["current"]] == [one]
    assert main(["releases"]) == 0
    assert "`ivr releases publish small` takes them" in capsys.readouterr().out
    assert main(["ussd", "*1#", "--from", "994501110001", "--json"]) == 0
    assert "Two" not in capsys.readouterr().out
    assert main(["releases", "publish", "small"]) == main(["releases", "roll-back", "small"]) == 0
    assert capsys.readouterr().out.endswith(f"{one} is current for the next session, until `ivr releases publish small`\n")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--operator", "smal"], 2, 'there is no operator "smal" - did you mean "small"?'),
        (["roll-back", "smal"], 2, 'there is no operator "smal" - did you mean "small"?'),
        (["publish", "../small"], 2, 'there is no operator "../small"'),
        (["roll-back", "../small"], 2, 'there is no operator "../small"'),
        (["roll-back", "small", "ffffffffffff"], 2, "small has no such release; there are "),
        (["roll-back", "small", "../../menus"], 2, "small has no such release"),
        (["roll-back", "small", ""], 2, "small has no such release"),
        (["roll-back", "small"], 1, "there is no release before the current one"),
    ],
)
def test_refusals(menus: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str) -> None:
    publish(menus, "One", capsys)
    assert main(["releases", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and told in err


def test_the_current_one_is_no_way_back(menus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = publish(menus, "One", capsys)
    assert main(["releases", "roll-back", "small", one]) == 1
    assert f"{one} is the current release of small already" in capsys.readouterr().err


def test_broken_menus_are_not_published(menus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = publish(menus, "One", capsys)
    (menus / "m.yaml").write_text(
        MENU.replace("go: more", "go: moer") + "".join(f"  m{number}: {{then: nowhere}}\n" for number in range(99))
    )
    assert main(["releases", "publish", "small"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "menus/small/m.yaml:9:30 E012" in err and len(err.splitlines()) == MOST_FAULTS + 1
    assert "ivr releases: the menus of small on disk have faults (and" in err.splitlines()[-1]
    assert [row["release"] for row in rows(capsys) if row["current"]] == [one]


@pytest.mark.parametrize("arguments", [["--help"], ["roll-back", "--help"], ["publish", "--help"]])
def test_help_has_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["releases", *arguments])
    assert left.value.code == 0 and "ivr releases" in capsys.readouterr().out.split("example")[1]
