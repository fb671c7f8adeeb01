"""Releases on disk: what is served, back and forth, what is kept for whom, and what a half-written file or a lost folder does."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from ivr.catalog import releases as module
from ivr.catalog.kept import Kept, Marker
from ivr.catalog.releases import KEPT, NoMenus, NotPublished, Releases
from ivr.catalog.sources import content_hash
from ivr.engine.model import Model
from tests.catalog.test_compile_faults import MENU, OPERATOR


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody edits while a test looks."""
    monkeypatch.setattr("ivr.catalog.lookout.SETTLED", 0.0)


class Place:
    """A data folder and a menu folder; several processes may work on them."""

    def __init__(self, home: Path) -> None:
        self.home, self.menus, self.kept = home, home / "menus", home / "releases"
        self.folder = self.menus / "small"
        self.folder.mkdir(parents=True)
        (self.folder / "operator.yaml").write_text(OPERATOR)
        self.write("Hello")

    def write(self, hello: str) -> None:
        (self.folder / "m.yaml").write_text(MENU.replace("say: Hello", f"say: {hello}"))

    def process(self, **options: object) -> Releases:
        made = Releases(self.menus, self.home / "locales", self.kept, **options)  # type: ignore[arg-type]
        first = not self.kept.exists()
        made.load()
        if first:
            os.utime(self.kept / "small" / made.current["small"].release, (1_000_000_000, 1_000_000_000))
        return made

    def listed(self) -> list[str]:
        return [kept.release for kept in Kept(self.kept).releases("small")]

    def publish(self, process: Releases, hello: str) -> str:
        """Save, and let `process` look. The clock of the disk is coarse, so the moments are told apart by hand."""
        self.write(hello)
        process.refresh()
        release = process.current["small"].release
        moment = 1_000_000_000 + 10 * len(self.listed())
        os.utime(self.kept / "small" / release, (moment, moment))
        return release


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def hello(model: Model | None) -> object:
    """What the first menu says in USSD."""
    assert model is not None
    return model.menus["m.main"].say[0].wording["ussd"]["en"].forms[0][0]


# -- back and forth


def test_a_roll_back_is_taken_by_a_running_process_and_lasts_until_a_file_is_saved(place: Place) -> None:
    server = place.process()
    first = place.publish(server, "One")
    second = place.publish(server, "Two")
    command = Releases(place.menus, place.home / "locales", place.kept)
    assert command.roll_back("small") == first
    assert server.refresh() is True and hello(server.current["small"]) == "One"
    assert hello(server.pinned("small", second)) == "Two", "a session under way keeps its own"
    assert server.refresh() is False
    assert hello(place.process().current["small"]) == "One", "a process that starts says the same"
    assert place.folder.joinpath("m.yaml").read_text().count("Two") == 1, "the files stay as they are"
    place.publish(server, "Three")
    assert hello(server.current["small"]) == hello(place.process().current["small"]) == "Three"


def test_back_again_and_on_to_what_is_on_disk(place: Place) -> None:
    server = place.process()
    ids = [place.publish(server, word) for word in ("One", "Two", "Three")]
    assert server.roll_back("small") == ids[1]
    assert server.roll_back("small") == ids[0]
    assert server.roll_back("small", ids[2]) == ids[2]
    assert server.roll_back("small") == ids[1]
    assert server.publish("small") == ids[2] and hello(server.current["small"]) == "Three"
    assert server.refresh() is False or hello(server.current["small"]) == "Three"


def test_after_a_roll_back_and_a_new_release_back_is_what_was_served_before(place: Place) -> None:
    server = place.process()
    ids = [place.publish(server, word) for word in ("One", "Two", "Three")]
    server.roll_back("small", ids[0])
    place.publish(server, "Four")
    assert server.roll_back("small") == ids[0]


def test_what_cannot_be_rolled_back_to(place: Place) -> None:
    server = place.process()
    first = server.current["small"].release
    for release, why in (
        (None, "no release before"),
        (first, "current release of small already"),
        ("0" * 12, "no kept release"),
        ("../..", "no kept"),
    ):
        with pytest.raises(NotPublished, match=why):
            server.roll_back("small", release)
    place.publish(server, "Two")
    kept = place.kept / "small" / first / "menus" / "small" / "m.yaml"
    kept.write_text(kept.read_text().replace("go: more", "go: moer"))
    with pytest.raises(NotPublished, match=f"files of release {first} have faults") as raised:
        server.roll_back("small", first)
    assert "E012" in [fault.code for fault in raised.value.faults]
    assert hello(server.current["small"]) == "Two" and Kept(place.kept).marker("small") == Marker(
        *[server.current["small"].release] * 2, first
    )


def test_prompts_that_cannot_be_made_keep_a_roll_back_from_happening(place: Place) -> None:
    server = place.process()
    place.publish(server, "Two")

    def refuse(model: Model) -> None:
        raise RuntimeError("no voice")

    server._ready = refuse
    with pytest.raises(NotPublished, match="no voice"):
        server.roll_back("small")
    Releases(place.menus, place.home / "locales", place.kept).roll_back("small")
    assert server.refresh() is False
    assert [fault.code for fault in server.faults] == ["E080"] and hello(server.current["small"]) == "Two"


def test_a_roll_back_works_while_the_files_on_disk_are_broken(place: Place) -> None:
    server = place.process()
    first = server.current["small"].release
    place.publish(server, "Two")
    (place.folder / "m.yaml").write_text("menus: [")
    server.refresh()
    assert server.faults and hello(server.current["small"]) == "Two"
    assert Releases(place.menus, place.home / "locales", place.kept).roll_back("small") == first
    assert server.refresh() is True and hello(server.current["small"]) == "Hello"
    assert hello(place.process().current["small"]) == "Hello", "even a restart serves it"


# -- published by command only


def test_without_demo_mode_a_saved_file_waits_for_its_publication(place: Place) -> None:
    server = place.process(on_save=False)
    assert hello(server.current["small"]) == "Hello", "the first start publishes what is there"
    place.write("Two")
    assert server.refresh() is False and hello(server.current["small"]) == "Hello"
    assert hello(place.process(on_save=False).current["small"]) == "Hello"
    release = Releases(place.menus, place.home / "locales", place.kept, on_save=False).publish("small")
    assert server.refresh() is True and server.current["small"].release == release and hello(server.current["small"]) == "Two"
    (place.folder / "m.yaml").write_text("half: [")
    with pytest.raises(NotPublished) as raised:
        server.publish("small")
    assert [fault.code for fault in raised.value.faults] == ["E006"]
    assert hello(place.process(on_save=False).current["small"]) == "Two", "broken files on disk keep no server from starting"


def test_a_published_release_that_is_lost_is_replaced_by_what_is_on_disk(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.process(on_save=False)
    place.write("Two")
    (release,) = place.listed()
    shutil.rmtree(place.kept / "small" / release)
    assert hello(place.process(on_save=False).current["small"]) == "Two"
    assert "E081" in caplog.text or "is not kept any more" in caplog.text
    for path in (place.kept / "small").glob("*/menus/small/m.yaml"):
        path.write_text("")
    (place.folder / "m.yaml").write_text("")
    with pytest.raises(NoMenus):
        place.process(on_save=False)


def test_a_running_process_whose_published_release_is_lost_keeps_its_own(place: Place) -> None:
    server = place.process(on_save=False)
    Kept(place.kept).mark("small", Marker("0" * 12, "0" * 12))
    assert server.refresh() is False and hello(server.current["small"]) == "Hello"
    assert [str(fault) for fault in server.faults] == [
        "menus/small/operator.yaml:1:1 E081 the published release 000000000000 is not kept any more"
    ]


# -- what is kept


def test_old_releases_go_when_nobody_needs_them(place: Place) -> None:
    elsewhere: list[tuple[str, str]] = []
    server = place.process(others=lambda: elsewhere)
    ids = [server.current["small"].release] + [place.publish(server, f"Word {number}") for number in range(KEPT + 5)]
    elsewhere.append(("small", ids[1]))
    elsewhere.append(("other", ids[0]))
    server.forget([("small", ids[2])])
    assert set(place.listed()) == {*ids[-KEPT:], ids[1], ids[2]}
    assert server.pinned("small", ids[0]) is None and hello(server.pinned("small", ids[1])) == "Word 0"
    elsewhere.clear()
    server.forget([])
    assert place.listed() == ids[: -KEPT - 1 : -1], "their last sessions have ended"
    assert len(server._models) == 1


def test_the_current_release_and_the_one_before_stay_however_old(place: Place) -> None:
    server = place.process()
    ids = [server.current["small"].release] + [place.publish(server, f"Word {number}") for number in range(KEPT + 5)]
    server.roll_back("small", ids[1])
    last = place.publish(server, "Last")
    server.forget([])
    assert ids[1] in place.listed() and server.roll_back("small") == ids[1]
    server.forget([])
    assert {ids[1], last} <= set(place.listed())


def test_nothing_is_removed_while_it_is_not_known_what_sessions_need(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    def unknown() -> list[tuple[str, str]]:
        raise OSError("sessions.db is locked")

    server = place.process(others=unknown)
    for number in range(KEPT + 3):
        place.publish(server, f"Word {number}")
    server.forget([])
    assert len(place.listed()) == KEPT + 4 and "sessions.db is locked" in caplog.text


def test_a_release_costs_the_disk_what_changed(place: Place) -> None:
    server = place.process()
    place.publish(server, "Two")
    place.publish(place.process(), "Three")  # another process
    operators = list(place.kept.glob("small/*/menus/small/operator.yaml"))
    assert len(operators) == 3 and len({path.stat().st_ino for path in operators}) == 1
    newest, older, oldest = Kept(place.kept).releases("small")
    assert 0 < oldest.size < newest.size and 0 < older.size < newest.size


def test_what_is_kept_is_what_was_compiled(place: Place) -> None:
    server = place.process()
    server._ready = lambda model: place.write("Saved meanwhile")
    place.write("Two")
    server.refresh()
    release = server.current["small"].release
    kept = place.kept / "small" / release
    assert hello(server.current["small"]) == "Two" and content_hash(kept / "menus" / "small", kept / "locales") == release
    server._ready = None
    assert server.refresh() is True and hello(server.current["small"]) == "Saved meanwhile"


def test_a_kept_release_that_a_crash_left_empty_is_written_again(place: Place) -> None:
    (release,) = [place.process().current["small"].release]
    for path in (place.kept / "small" / release).rglob("*.yaml"):
        path.write_text("")
    place.process()
    assert hello(Releases(place.menus, place.home / "locales", place.kept).pinned("small", release)) == "Hello"


def test_what_a_dead_process_left_is_swept(place: Place) -> None:
    server = place.process()
    left, young = place.kept / "small" / ".0123456789ab.dead", place.kept / "small" / ".0123456789ab.alive"
    left.mkdir()
    young.mkdir()
    os.utime(left, (1, 1))
    for number in range(KEPT + 2):
        place.publish(server, f"Word {number}")
    server.forget([])
    assert not left.exists() and young.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"release": "../../../etc", "disk": "x"}', '{"release": 5, "disk": 5}', '{"disk": "x"}', "\xff"]
)
def test_a_marker_that_says_nothing_is_passed_over(place: Place, text: str) -> None:
    place.process()
    (place.kept / "small" / "current.json").write_bytes(text.encode("latin-1"))
    server = place.process()
    assert hello(server.current["small"]) == "Hello"
    marker = json.loads((place.kept / "small" / "current.json").read_text())
    assert marker["release"] == marker["disk"] == server.current["small"].release


def test_a_full_disk_is_said_and_tried_again(place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    server = place.process()
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment)

    def full(self: Kept, *arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Kept, "keep", full)
        place.write("Two")
        assert server.refresh() is False and server.refresh() is False
        moment += module.RETRY
        assert server.refresh() is False and hello(server.current["small"]) == "Hello"
        told = "menus/small/operator.yaml:1:1 E081 the new release cannot be kept: No space left on device"
        assert [str(fault) for fault in server.faults] == [told] and caplog.text.count(told) == 1
    assert server.refresh() is False, "not at every look"
    moment += module.RETRY
    assert server.refresh() is True and hello(server.current["small"]) == "Two" and server.faults == ()


# -- looking


def test_a_file_that_is_being_written_is_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    server = place.process()
    whole = MENU.replace("say: Hello", "say: Two")
    pieces = [whole[:60], whole[:200], whole]
    (place.folder / "m.yaml").write_text("")

    def editor(seconds: float) -> None:
        if pieces:
            (place.folder / "m.yaml").write_text(pieces.pop(0))

    monkeypatch.setattr(time, "sleep", editor)
    assert server.refresh() is True
    assert hello(server.current["small"]) == "Two" and server.faults == ()


def test_menus_that_never_rest_are_taken_as_they_are(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    server = place.process()
    moments, count = iter(range(1000)), iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: next(moments) / 10)
    monkeypatch.setattr(time, "sleep", lambda seconds: place.write(f"Word {next(count)}"))
    place.write("first")
    assert server.refresh() is True and next(count) < 15


def test_faults_are_logged_once(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    server = place.process()
    broken = MENU.replace("go: more", "go: moer")
    for number in range(5):
        (place.folder / "m.yaml").write_text(broken + f"# save {number}\n")
        server.refresh()
    assert caplog.text.count("E012") == 1 and len(server.faults) == 2
    (place.folder / "m.yaml").write_text(MENU)
    server.refresh()
    assert server.faults == ()
    (place.folder / "m.yaml").write_text(broken)
    server.refresh()
    assert caplog.text.count("E012") == 2, "broken anew is said anew"


def test_thousands_of_faults_do_not_fill_the_log(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    server = place.process()
    (place.folder / "m.yaml").write_text(MENU + "".join(f"  menu_{number}: {{say: Hello, then: nowhere}}\n" for number in range(1000)))
    server.refresh()
    assert len(server.faults) > 1000 and len(caplog.records) <= module.MOST_LOGGED + 2


def test_a_file_that_goes_while_it_is_looked_at(place: Place) -> None:
    server = place.process()
    (place.folder / "extra.yaml").write_text("menus: {}\n")
    (place.folder / "extra.yaml").unlink()
    shutil.rmtree(place.folder)
    server.refresh()
    assert hello(server.current["small"]) == "Hello", "who is there goes on"
