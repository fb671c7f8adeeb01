"""`--update` and `--seen`: what they write, and that they touch nothing else."""

from __future__ import annotations

import pytest

from ivr.scenarios.golden import mark_seen, update
from ivr.scenarios.written import Editor, block, quoted
from tests.scenarios.helping import LINE, Folder

FILE = """\
# a comment at the top
now: "2026-11-22 12:00"   # noon
scenarios:

  first:        # the name's own comment
    line: "994501110001"
    language: en
    steps:
      - {dial: "*111*1#"}   # behind a flow step
      - press: "7"          # behind a block step

      # before the last
      - press: "0"
        see: "1. Balance"
      - {press: "00" , }


  second:
    line: "994501110103"
    steps:
    - call: "650"
    - {hang_up: true}
    - wait: 1m
  third: {line: "994501110001", language: en, steps: [{dial: "*111*3#"}]}
"""

WRITTEN = """\
# a comment at the top
now: "2026-11-22 12:00"   # noon
scenarios:

  first:        # the name's own comment
    golden: unseen
    line: "994501110001"
    language: en
    steps:
      - {dial: "*111*1#", page: "Account\\n1. Balance\\n2. Last charges\\n7. Expiry, tariff, bonuses\\n0. Back\\n00. Menu", charged: "0"}   # behind a flow step
      - press: "7"          # behind a block step
        page: |-
          12.24 AZN till 05.03.2027
          GencOL
          1500 MB till 31.12.2026
          121 minutes till 31.12.2026
          50 SMS till 15.01.2027
          0. Back
          00. Menu
        charged: "0.10"

      # before the last
      - press: "0"
        see: "1. Balance"
      - {press: "00", page: "PAGE", charged: "0" , }


  second:
    golden: unseen
    line: "994501110103"
    steps:
    - call: "650"
      heard: |-
HEARD
      charged: "0"
    - {hang_up: true}
    - wait: 1m
  third: {golden: unseen, line: "994501110001", language: en, steps: [{dial: "*111*3#", page: "Tariff: GencOL\\n0. Back\\n00. Menu", charged: "0"}]}
"""


def updated(folder: Folder) -> list[tuple[str, int]]:
    with folder.suite() as suite:
        return [(one.scenario.name, one.steps) for one in update(suite)]


def test_expectations_are_written_and_all_else_is_kept_byte_for_byte(folder: Folder) -> None:
    path = folder.write(FILE)
    assert updated(folder) == [("first", 3), ("second", 1), ("third", 1)]
    text = path.read_text("utf-8")
    # the two whose words other menus' authors may change are taken as they came
    [page] = [line.split('page: "')[1].split('", charged')[0] for line in text.split("\n") if '{press: "00"' in line]
    begin = text.index("heard: |-\n") + len("heard: |-\n")
    heard = text[begin : text.index('\n      charged: "0"\n    - {hang_up')]
    assert text == WRITTEN.replace("PAGE", page).replace("HEARD", heard)
    assert page.startswith("My line\\n1. Account") and "You were billed five manats" in heard
    assert all(line.startswith("        ") for line in heard.split("\n"))


def test_what_was_written_passes_and_is_written_only_once(folder: Folder) -> None:
    path = folder.write(FILE)
    updated(folder)
    before = path.read_bytes()
    assert all(result.passed for result in folder.run())
    assert updated(folder) == []
    assert path.read_bytes() == before


def test_line_ends_stay_as_they_are(folder: Folder) -> None:
    path = folder.write(FILE)
    updated(folder)
    unix = path.read_bytes()
    path.write_bytes(FILE.replace("\n", "\r\n").encode())
    updated(folder)
    assert path.read_bytes() == unix.replace(b"\n", b"\r\n")
    assert all(result.passed for result in folder.run())


def test_a_file_without_a_last_line_end(folder: Folder) -> None:
    path = folder.write(
        f'now: "2026-11-22 12:00"\nscenarios:\n  one:\n    line: "{LINE}"\n    language: en\n    steps:\n      - dial: "*111*3#"'
    )
    updated(folder)
    assert path.read_text().endswith(
        '- dial: "*111*3#"\n        page: |-\n          Tariff: GencOL\n          0. Back\n          00. Menu\n        charged: "0"'
    )
    assert folder.run()[0].passed


def test_golden_pages_are_renewed_and_a_persons_expectations_are_not(folder: Folder) -> None:
    steps = '- {dial: "*111*3#", page: "Tariff: other"}   # kept\n- {call: "2112", heard: old words, see_no: x}'.replace(", see_no: x", "")
    path = folder.steps(steps + '\n- {dial: "*111*3#", see: "Tariff: other"}', "language: en\ngolden: seen")
    assert updated(folder) == [("one", 2)]
    text = path.read_text("utf-8")
    assert 'page: "Tariff: GencOL\\n0. Back\\n00. Menu"}   # kept' in text
    assert "golden: unseen" in text and "golden: seen" not in text
    assert 'see: "Tariff: other"' in text
    [result] = folder.run()
    assert [failure.message for failure in result.failures] == ['should see "Tariff: other"']


def test_messages_fees_and_ends_are_renewed_too(folder: Folder) -> None:
    steps = (
        '- {sms: "1005", get: [Tariff: other, also], charged: "0.30"}\n'
        '- {as: "994501110006", dial: "*111#", page: x, ends: false}\n'
        '- {sms: "2112", text: nonsense, told: {to: "994501110002", get: x}}\n'
    ).replace("[Tariff: other, also]", '["Tariff: other", also]')
    path = folder.steps(steps, "language: en\ngolden: seen")
    assert updated(folder) == [("one", 2)]
    text = path.read_text("utf-8")
    assert '{sms: "1005", get: "Tariff: GencOL\\nRoaming: off", charged: "0.02"}' in text
    assert 'page: "Your line is barred. Call 111, free of charge.", ends: true}' in text
    assert "told: {to: " in text, "nothing came to that line: what a person expects of it stays"


def test_an_end_is_written(folder: Folder) -> None:
    path = folder.steps('- {as: "994501110006", dial: "*111#"}\n- sms: "2112"', "language: en")
    assert updated(folder) == [("one", 2)]
    assert 'free of charge.", charged: "0", ends: true}' in path.read_text()
    assert '        charged: "0.10"\n' in path.read_text() + "\n" and "ends" not in path.read_text().split("sms:")[1]


def test_a_literal_block_is_renewed(folder: Folder) -> None:
    path = folder.steps('- dial: "*111*3#"\n  page: |-\n    Tariff: other\n\n    0. Back\n  charged: "0"', "language: en\ngolden: unseen")
    assert updated(folder) == [("one", 1)]
    assert '        page: |-\n          Tariff: GencOL\n          0. Back\n          00. Menu\n        charged: "0"\n' in path.read_text()


def test_a_step_that_ends_with_lines_of_text(folder: Folder) -> None:
    path = folder.steps('- sms: "2112"\n  text: |\n    nonsense\n\n- sms: "2112"', "language: en")
    assert updated(folder) == [("one", 2)]
    assert '          nonsense\n        get: "We did not understand' in path.read_text()
    assert folder.run()[0].passed and updated(folder) == []


def test_a_page_that_a_person_wrote_is_not_renewed(folder: Folder) -> None:
    path = folder.steps('- {dial: "*111*3#", page: "Tariff: other"}')
    before = path.read_bytes()
    assert updated(folder) == []
    assert path.read_bytes() == before


def test_golden_counts_only_after_a_person_has_seen_it(folder: Folder) -> None:
    path = folder.steps('- {dial: "*111*3#"}', "language: en")
    assert [result.scenario.counts for result in folder.run()] == [False]
    updated(folder)
    assert [result.scenario.counts for result in folder.run()] == [False]
    before = path.read_text()
    with folder.suite() as suite:
        marked, wrong = mark_seen(suite, ["one"])
    assert [scenario.name for scenario in marked] == ["one"] and wrong == []
    assert path.read_text() == before.replace("golden: unseen", "golden: seen")
    assert [result.scenario.counts for result in folder.run()] == [True]


def test_names_that_cannot_be_marked(folder: Folder) -> None:
    folder.steps('- {dial: "*111*3#", see: Tariff}', name="mine")
    folder.write(f'now: "2026-11-22 12:00"\nscenarios:\n  twice: {{line: "{LINE}", golden: unseen, steps: [{{dial: "*111#"}}]}}', "a")
    folder.write(f'now: "2026-11-22 12:00"\nscenarios:\n  twice: {{line: "{LINE}", golden: unseen, steps: [{{dial: "*111#"}}]}}', "b")
    with folder.suite() as suite:
        marked, wrong = mark_seen(suite, ["mine", "twise", "twice", "b:twice"])
    assert [scenario.title for scenario in marked] == ["azercell/b: twice"]
    assert wrong[0].startswith('"mine" has no golden transcript')
    assert wrong[1] == 'there is no scenario "twise" - did you mean "twice"?'
    assert wrong[2] == '"twice" stands in several files; write one of a:twice, b:twice'
    assert "golden: unseen" in (folder.scenarios / "a.yaml").read_text()


@pytest.mark.parametrize("text", ['say "hi"', "back\\slash", "tab\tand\nbreak", "ə é 1️⃣", "\x07\xa0\u2028\U0001f600", "", " # - : {}"])
def test_quoted_texts_are_read_as_they_were(folder: Folder, text: str) -> None:
    from ivr.catalog.faults import Faults
    from ivr.catalog.source import read_text

    faults = Faults()
    node = read_text(f"a: {quoted(text)}\n".encode(), "x", faults)
    assert faults.found == [] and node is not None and node.pairs[0][1].text == text
    node = read_text(("\n".join(["b:", *block("a", text, 2), "  c: d"]) + "\n").encode(), "x", faults)
    assert faults.found == [] and node is not None and node.pairs[0][1].pairs[0][1].text == text


def test_plain_text_that_only_the_c_loader_reads() -> None:
    text = 'scenarios:\n  one:\n    steps:\n      - {dial: "*111#", see: [No, what? is]}\n'
    assert Editor(text).names == ("one",)
