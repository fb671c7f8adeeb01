"""Coverage: what counts as covered, and by whom."""

from __future__ import annotations

import textwrap

from ivr.scenarios.coverage import Coverage, table
from tests.scenarios.helping import Folder

SHOP = """\
    serves: prepaid
    not_served: For prepaid lines.
    entries: [{ussd: "*333#", go: main}, {call: "333", go: figures, then: main}]
    menus:
      main:
        say: Shop
        choices:
          "1": {label: Figures, go: figures}
          "2": {label: Other, go: other}
          "3": {label: Turn on, go: turn}
      figures:
        get: {account: accounts.balance}
        fee: balance
        say: "Left: {account.main}"
      other:
        say: Others
        choices: {same_as: main}
      turn:
        do: accounts.notices_on
        say: It is on.
        otherwise: {already: It was on.}
    """


def covered(folder: Folder, steps: str, head: str = "language: en") -> Coverage:
    (folder.menus / "azercell" / "shop.yaml").write_text(textwrap.dedent(SHOP))
    folder.steps(steps, head)
    with folder.suite() as suite:
        return suite.coverage(suite.run())[0]


def of(coverage: Coverage, menu: str) -> tuple[set[str], set[str], set[str], set[str]]:
    found = coverage.menus[menu]
    return found.taken, found.answered, found.languages, found.channels


def test_choices_outcomes_languages_and_channels(folder: Folder) -> None:
    coverage = covered(
        folder, '- {dial: "*333#", see: Shop}\n- {press: "1", see: "Left: 12.24"}\n- {as: "994501110002", call: "333", hear: manats}'
    )
    assert of(coverage, "shop.main") == ({"1"}, set(), {"en"}, {"ussd", "call"})
    assert of(coverage, "shop.figures") == (set(), {"ok"}, {"en"}, {"ussd", "call"})
    assert of(coverage, "shop.other") == (set(), set(), set(), set())


def test_what_there_is_to_cover(folder: Folder) -> None:
    menus = covered(folder, '- {dial: "*333#", see: Shop}').menus
    assert set(menus["shop.main"].choices) == {"1", "2", "3"}
    assert set(menus["shop.figures"].outcomes) == {"ok", "unavailable", "late", "not_enough"}
    assert set(menus["shop.turn"].outcomes) == {"ok", "already", "unavailable"}
    assert set(menus["postpaid.bill"].outcomes) == {"ok", "unavailable", "late"}


def test_direct_dial_takes_every_choice_on_its_way_each_in_its_own_menu(folder: Folder) -> None:
    coverage = covered(folder, '- {dial: "*333*2*3#", see: It was on.}')
    assert of(coverage, "shop.main")[0] == {"2"}
    assert of(coverage, "shop.other")[0] == {"3"}
    assert of(coverage, "shop.turn")[1] == {"already"}


def test_a_choice_after_a_call_came_back_to_a_menu(folder: Folder) -> None:
    coverage = covered(folder, '- {call: "333", hear: Left}\n- {press: "3", hear: It was on.}\n- {press: "2", hear: Others}')
    assert of(coverage, "shop.main")[0] == {"2", "3"}


def test_other_outcomes(folder: Folder) -> None:
    head = "language: en\nservices: {accounts.balance: [unavailable, late], accounts.notices_on: ok}"
    steps = (
        '- {dial: "*333*1#", see: We cannot}\n- {dial: "*333*1#", see: It takes}\n- {as: "994501110004", dial: "*333*1#", see: The fee is}'
    )
    coverage = covered(folder, steps, head)
    assert of(coverage, "shop.figures")[1] == {"unavailable", "late", "not_enough"}
    missing = [(place.rsplit("/", 1)[1], menu, what) for place, menu, what in coverage.missing() if menu == "shop.figures"]
    assert missing[:1] == [("shop.yaml:12:20", "shop.figures", "the outcome ok is never seen")]
    assert ("shop.yaml:9:7", "shop.main", "choice 2 is never taken") in [
        (place.rsplit("/", 1)[1], menu, what) for place, menu, what in coverage.missing()
    ]


def test_a_look_at_the_lines_money_alone_is_no_outcome_ok(folder: Folder) -> None:
    assert of(
        covered(folder, '- {dial: "*333*1#", see: We cannot}', "language: en\nservices: {accounts.balance: unavailable}"), "shop.figures"
    )[1] == {"unavailable"}


def test_only_passing_scenarios_of_a_person_count(folder: Folder) -> None:
    nothing: tuple[set[str], set[str], set[str], set[str]] = (set(), set(), set(), set())
    assert of(covered(folder, '- {dial: "*333*1#", see: nix}'), "shop.figures") == nothing
    assert of(covered(folder, '- {dial: "*333*1#"}'), "shop.figures") == nothing
    assert of(covered(folder, '- {dial: "*333*1#", see: Left}', "language: en\ngolden: unseen"), "shop.figures") == nothing
    assert of(covered(folder, '- {dial: "*333*1#", see: Left}', "language: en\ngolden: seen"), "shop.figures") != nothing


def test_people(folder: Folder) -> None:
    call = '- {call: "650", press: "63", hear: we are connecting you}\n'
    coverage = covered(folder, f'- {{as: "994501110103", {call[3:]}- {{as: "994501110103", person: busy, hear: busy}}')
    assert set(coverage.menus["help.person"].outcomes) == {"closed", "busy", "no_answer", "answered"}
    assert of(coverage, "help.person")[1] == {"busy"}


def test_a_fee_of_another_channel_is_no_outcome(folder: Folder) -> None:
    # by code and by call the line's figures are free; only an SMS about them has a price
    menus = covered(folder, '- {dial: "*333#", see: Shop}').menus
    assert "not_enough" not in menus["myline.tariff"].outcomes and "not_enough" in menus["myline.info"].outcomes


def test_the_table(folder: Folder) -> None:
    lines = table([covered(folder, '- {dial: "*333*1#", see: Left}')]).split("\n")
    assert lines[0].split() == ["menu", "choices", "outcomes", "ussd", "call", "sms"]
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert rows["azercell/shop.main"] == ["1/3", "-", "..", "en", "..", "..", "..", "..", "-"]
    assert rows["azercell/shop.figures"] == ["-", "1/4", "..", "en", "..", "..", "..", "..", "-"]
    assert rows["azercell/shop.turn"] == ["-", "0/3", "..", "..", "..", "..", "..", "..", "-"]
    assert rows["azercell/language.first"] == ["0/3", "-", "-", "..", "-"], "it speaks before a language is chosen"
    assert rows["azercell/myline.info"][-5:] == ["-", "-", "..", "..", ".."]
    assert lines[-1].startswith("2 of ") and " menus " in lines[-1]


def test_what_is_not_shown_by_language_and_channel(folder: Folder) -> None:
    steps = """\
        - {dial: "*333#", see: Shop}
        - {call: "333", hear: Shop}
        - {as: "994501110002", dial: "*333#", see: Shop}
        """
    coverage = covered(folder, steps, "")
    missing = [what for _, menu, what in coverage.missing() if menu == "shop.main" and "shows" in what]
    assert missing == ["no scenario shows it by ussd in en", "no scenario shows it by call in en and ru"]
    assert [what for _, menu, what in coverage.missing() if menu == "language.first"] == ["no scenario comes to this menu"]
    assert coverage.menus["shop.main"].languages == {"az", "ru"} and coverage.menus["shop.main"].channels == {"ussd", "call"}
