"""The language beyond plain menus: fields in codes and texts, values asked twice, lists to choose from, people, late answers, resuming."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.catalog.compile import compile_operator
from ivr.engine.effects import Call, Sms
from ivr.engine.events import Answered
from ivr.engine.model import Model
from ivr.engine.step import by_sms, step
from ivr.engine.values import Answer, Line, Money, Msisdn, Secret
from tests.catalog.test_compile_faults import OPERATOR
from tests.engine.fake import NOW, Operator, Walk, azn, day, prepaid

SERVICES = (Path(__file__).resolve().parents[1] / "data" / "language" / "services.yaml").read_text("utf-8")
HOUSE = (
    OPERATOR.replace('limits: {largest: "99.99"}', 'limits: {least: "1", most: "500", largest: "99.99"}')
    .replace('call: {back: "*", repeat: "#", next: "9"}', 'call: {back: "*", repeat: "#", person: "0", next: "9"}')
    .replace('point: "*"}', 'point: "*", person: main.person}')
    .replace("fees: {", 'fees: {card: {sms: "0.02", ussd: free, call: free, web: free}, ')
    .replace(
        "switches: {shop: true}",
        'sms: {parts: 3, same: {"-": "–—"}}\nhours: {desk: {mon-fri: "08:00-22:00", sat: "09:00-13:00"}}\nholidays: ["01-01"]\n'
        'people: {desk: {call: "111", hours: desk, ring: 45s}}\nswitches: {shop: true}',
    )
    .replace("sessions: {late: 3s}", "sessions: {resume: 5m, late: 3s}")
)
MENUS = """\
serves: everyone
entries:
  - {ussd: "*5#", go: main, resume: true}
  - {ussd: "*5*{serial}#", go: card}
  - {ussd: "*6#", go: send}
  - {call: "5", go: main}
  - {web: home, go: main}
  - {sms: "5", text: "", go: hello}
  - {sms: "5", text: "{serial}", go: card}
  - {sms: "5", text: "-{number}", go: remove}
  - {sms: "5", text: "1*{password}*{phone}*{amount}", go: send}
menus:
  main:
    say: {default: Hello, call: "Hello."}
    choices:
      "1": {label: Card, go: card}
      "2": {label: Readers, go: readers}
      "3": {label: Send, go: send}
      "4": {label: Register, go: register}
      "5": {label: Operator, go: person}
      "6": {label: Open, when: hours.desk, go: hello}
  hello:
    say: {default: "Open: {hours.desk}", call: "We are here {hours.desk}."}
  card:
    ask: {serial: {say: Which card, no_match: "Ten digits"}}
    get: {card: {from: vouchers.look_up, late: send_by_sms}}
    fee: card
    say:
      - {when: card.used, say: "Card {serial}: used"}
      - {when: not card.used, say: "Card {serial}: new"}
    otherwise: {unknown: {fee: card, say: "No card {serial}"}}
  readers:
    get: {given: readers.list}
    say: Readers
    list:
      of: given.numbers
      item: "{number}"
      none: Nobody
      speak: 3
      choose: {label: "To remove {number}, press {key}", go: remove, with: {number: "{number}"}}
  remove:
    ask: {number: {say: Which number}}
    confirm: "Remove {number}"
    do: readers.remove
    say: "{number} is out"
    otherwise: {not_given: {say: Not there, go: readers}}
  send:
    ask:
      phone: {say: To whom}
      amount: {say: How much, no_match: {too_small: "At least {limits.least}", too_large: "At most {limits.most}"}}
      password: {say: Password}
    confirm: "Send {amount} to {phone}"
    do: money.send
    say: "Sent {amount}. Left {result.left}"
    also_sms: true
    otherwise:
      wrong_password: {say: "Wrong, {result.tries} left", retry: password}
      too_soon: "Again at {result.at}"
  register:
    ask: {password: {say: New password, again: Once more, no_match: {differs: Not the same, other: Digits only}}}
    do: money.register
    say: Registered
  person:
    say: {default: "Call {numbers.support}", call: "Please wait."}
    connect: desk
    otherwise:
      closed: "Our hours are {hours.desk}"
      busy: {say: All are busy, go: home}
      no_answer: Nobody answered
"""
NUMBERS = tuple({"number": Msisdn(f"99450111000{number}")} for number in range(1, 8))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("language") / "menus" / "small"
    folder.mkdir(parents=True)
    (folder / "operator.yaml").write_text(HOUSE, "utf-8")
    (folder / "main.yaml").write_text(MENUS, "utf-8")
    (folder.parent / "services.yaml").write_text(SERVICES, "utf-8")
    found = compile_operator(folder, folder / "locales")
    assert found.model is not None and not found.errors, "\n".join(map(str, found.faults))
    return found.model


class BackEnd(Operator):
    """Answers the services of the test; `calls` are those made, with what was handed over."""

    def __init__(self, outcomes: Mapping[str, str] | None = None, known: str = "0123456789") -> None:
        super().__init__(outcomes=outcomes)
        self.calls: list[tuple[str, dict[str, object]]] = []
        self.known = known

    def call(self, line: Line, call: Call) -> Answer:
        self.calls.append((call.service, dict(call.inputs)))
        return super().call(line, call)

    def _do(self, line: Line, call: Call) -> Answer:
        match call.service:
            case "vouchers.look_up":
                return (
                    Answer("ok", {"used": True, "used_on": day("2026-01-01")})
                    if call.inputs["serial"] == self.known
                    else Answer("unknown", {})
                )
            case "readers.list":
                return Answer("ok", {"total": len(NUMBERS), "numbers": NUMBERS})
            case "readers.remove" | "money.register":
                return Answer("ok", {"total": 1})
            case "money.send":
                right = call.inputs["password"] == Secret("4321")
                return Answer("ok", {"left": azn("7.50")}) if right else Answer("wrong_password", {"tries": 2})
        return super()._do(line, call)


def dial(model: Model, address: str, *keys: str, back_end: BackEnd | None = None, **how: object) -> Walk:
    return Walk(address, prepaid("en"), operator=back_end or BackEnd(), model=model, **how).press(*keys)  # type: ignore[arg-type]


def sms(model: Model, text: str, back_end: BackEnd | None = None) -> Walk:
    walk = Walk("5", prepaid("en"), operator=back_end or BackEnd(), model=model, channel="sms", text=text)
    assert walk.state.ended
    return walk


def answer(walk: Walk) -> str:
    assert [(message.to, message.sender) for message in walk.messages] == [("994501110001", "5")]
    return walk.messages[0].text


# -- codes and texts with fields


def test_a_field_in_a_dialled_code(model: Model) -> None:
    assert dial(model, "*5*0123456789#").text.startswith("Card 0123456789: used")
    assert dial(model, "*5*0000000000#").text.startswith("No card 0000000000")


def test_a_part_that_is_a_key_is_a_choice(model: Model) -> None:
    assert dial(model, "*5*1#").text.startswith("Which card")
    assert dial(model, "*5*1*0123456789#").text.startswith("Card 0123456789: used"), "the choice, then its form"


def test_a_part_of_the_wrong_shape_is_no_choice_either(model: Model) -> None:
    assert dial(model, "*5*77#").text.startswith("Answer") is False and "Hello" in dial(model, "*5*77#").text


def test_a_blank_sms(model: Model) -> None:
    assert answer(sms(model, "")) == "Open: Mon-Fri 08:00-22:00, Sat 09:00-13:00"
    assert answer(sms(model, "  \n ")) == answer(sms(model, ""))


def test_an_sms_fills_the_form_and_costs_its_fee(model: Model) -> None:
    back_end = BackEnd()
    assert answer(sms(model, " 0123456789 ", back_end)) == "Card 0123456789: used"
    assert back_end.charged == [("card", "0.02")]


def test_an_outcome_by_sms_says_what_it_says_and_ends(model: Model) -> None:
    back_end = BackEnd()
    assert answer(sms(model, "9999999999", back_end)) == "No card 9999999999"
    assert back_end.charged == [("card", "0.02")], "a look-up was made"


def test_a_wrong_value_by_sms_is_explained_free(model: Model) -> None:
    back_end = BackEnd()
    assert answer(sms(model, "123", back_end)) == "Ten digits" and back_end.calls == []


def test_signs_that_count_as_one(model: Model) -> None:
    for sign in "-–—":
        back_end = BackEnd()
        assert answer(sms(model, f"{sign}501110002".replace("501110002", "994501110002"), back_end)) == "994501110002 is out"
        assert back_end.calls == [("readers.remove", {"number": Msisdn("994501110002")})], "an SMS is its own confirmation"


def test_an_sms_with_a_secret(model: Model) -> None:
    back_end = BackEnd()
    walk = sms(model, "1*4321*994501110002*10,50", back_end)
    assert answer(walk) == "Sent 10.50 AZN. Left 7.50 AZN" and len(walk.messages) == 1, "the answer is the receipt"
    assert back_end.calls[-1][1]["password"] == Secret("4321")
    assert "4321" not in repr(walk.state) + repr(walk.effects) + repr(walk.trace)


def test_an_sms_that_asks_again_only_says_so(model: Model) -> None:
    assert answer(sms(model, "1*9999*994501110002*5")) == "Wrong, 2 left"
    assert answer(sms(model, "1*4321*994501110002*0.50")) == "At least 1.00 AZN"
    assert answer(sms(model, "1*4321*994501110002*501")) == "At most 500.00 AZN"


def test_a_text_that_nobody_expects_is_answered_with_help(model: Model) -> None:
    for text in ("what?", "1*2", "x" * 5000, "{serial}"):
        assert answer(sms(model, text)) in ("Answer help reply", "Ten digits")


# -- secrets, and values asked twice


def test_a_form_asks_and_hides_its_secret(model: Model) -> None:
    back_end = BackEnd()
    walk = dial(model, "*6#", "994501110002", back_end=back_end)
    assert walk.text.startswith("How much")
    assert walk.press("0.5").text.startswith("At least 1.00 AZN\nHow much")
    assert walk.press("10").text.startswith("Password") and walk.page.secret
    assert walk.press("9999").text.startswith("Send 10.00 AZN to 994501110002\n1. Answer confirm")
    assert walk.press("1").text.startswith("Wrong, 2 left\nPassword"), "asked for again"
    assert walk.press("4321", "1").text.startswith("Sent 10.00 AZN. Left 7.50 AZN")
    assert [message.text for message in walk.messages] == ["Sent 10.00 AZN. Left 7.50 AZN"]
    assert "9999" not in repr(walk.state) and "4321" not in repr(walk.state)


def test_an_sms_beside_the_page_goes_once(model: Model) -> None:
    walk = dial(model, "*5#", "3", "994501110002", "10", "4321", "1")
    assert len(walk.messages) == 1
    walk.press("77")
    assert walk.messages == [] and "Sent 10.00 AZN" in walk.text


def test_direct_dial_stops_at_the_secret(model: Model) -> None:
    walk = dial(model, "*6*994501110002*10*4321#")
    assert walk.text.startswith("Password") and walk.page.secret


def test_what_was_dialled_behind_a_secret_is_nobodys_value(model: Model) -> None:
    walk = dial(model, "*5*4*654321*5#", "1234", "1234")
    assert walk.text.startswith("Registered"), "neither a key nor a value"
    assert "654321" not in repr(walk.state) + repr(walk.trace)


def test_an_act_is_not_done_with_parts_left_over(corners: Model) -> None:
    back_end = BackEnd()
    walk = dial(corners, "*8*994501110002*50#", back_end=back_end)
    assert walk.text.startswith("A number alone\nWhich number") and back_end.calls == []
    assert dial(corners, "*8*994501110002#", back_end=back_end).text.startswith("994501110002 is out")
    assert [service for service, _ in back_end.calls] == ["readers.remove"]


def test_a_password_is_asked_twice(model: Model) -> None:
    back_end = BackEnd()
    walk = dial(model, "*5#", "4", "4321", back_end=back_end)
    assert walk.text.startswith("Once more") and walk.page.secret and back_end.calls == []
    assert walk.press("4322").text.startswith("Not the same\nNew password")
    assert walk.press("43").text.startswith("Digits only\nNew password")
    assert walk.press("4321").text.startswith("Once more")
    assert walk.press("4321").text.startswith("Registered")
    assert back_end.calls == [("money.register", {"password": Secret("4321")})]


# -- lists to choose from


def test_items_of_a_list_have_keys(model: Model) -> None:
    walk = dial(model, "*5*2#")
    assert walk.text.startswith("Readers\n1. 994501110001\n2. 994501110002")
    assert walk.press("7").text.startswith("Remove 994501110007")
    assert walk.press("1").text.startswith("994501110007 is out")


def test_an_item_by_direct_dial(model: Model) -> None:
    assert dial(model, "*5*2*3#").text.startswith("Remove 994501110003")
    assert dial(model, "*5*2*8#").text.startswith("No choice\nReaders"), "there are seven"


def test_a_call_says_items_in_parts_each_with_its_key(model: Model) -> None:
    back_end = BackEnd()
    walk = dial(model, "5", "2", back_end=back_end)
    assert walk.said.startswith("Readers <994501110001:grouped> To remove <994501110001:grouped> press <1>")
    assert "<994501110003:grouped> press <3>" in walk.said and "994501110004" not in walk.said
    walk.press("9")
    assert walk.said.startswith("<994501110004:grouped> To remove <994501110004:grouped> press <1>")
    assert walk.press("2").said.startswith("Remove <994501110005:grouped>")
    assert walk.press("1").said.startswith("<994501110005:grouped> is out")
    assert back_end.calls[-1] == ("readers.remove", {"number": Msisdn("994501110005")})


# -- people and hours


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Baku"))


MONDAY_MORNING = at("2026-11-23T10:00")


def test_a_call_is_handed_to_a_person(model: Model) -> None:
    walk = dial(model, "5", "5", now=MONDAY_MORNING)
    assert (walk.speak.connect, walk.speak.ring, walk.speak.collect) == ("111", 45.0, None)
    assert walk.said == "Please wait." and walk.state.waiting == "connect"
    assert walk.connected("answered").end == "completed"


def test_a_busy_person_leads_home(model: Model) -> None:
    assert dial(model, "5", "0", now=MONDAY_MORNING).connected("busy").said.startswith("All are busy Hello.")
    assert dial(model, "5", "0", now=MONDAY_MORNING).connected("no_answer").said.startswith("Nobody answered Hello.")


@pytest.mark.parametrize(
    ("now", "open_now"),
    [
        ("2026-11-23T08:00", True),
        ("2026-11-23T07:59", False),
        ("2026-11-23T21:59", True),
        ("2026-11-23T22:00", False),
        ("2026-11-28T12:59", True),
        ("2026-11-29T12:00", False),
        ("2027-01-01T12:00", False),
    ],
)
def test_hours_close_the_desk_and_hide_a_choice(model: Model, now: str, open_now: bool) -> None:
    walk = dial(model, "5", "5", now=at(now))
    assert (walk.state.waiting == "connect") == open_now
    assert open_now or walk.said.startswith(
        "Our hours are from Monday to Friday from <2000-01-01 08:00:00+00:00> to <2000-01-01 22:00:00+00:00> on Saturday from"
    )
    assert ("6. Open" in dial(model, "*5#", now=at(now)).text) == open_now


def test_elsewhere_a_person_is_a_sentence(model: Model) -> None:
    assert dial(model, "*5*5#").text.startswith("Call 111")


def test_the_key_for_a_person_is_a_digit_inside_a_field(model: Model) -> None:
    assert dial(model, "5", "1", "0123456789").said.startswith("Card 0123456789: used") or "<" in dial(model, "5", "1", "0123456789").said


# -- late answers


def test_a_late_look_up_is_answered_by_sms(model: Model) -> None:
    walk = dial(model, "*5*1#")
    before = step(model, walk.state, _input("0123456789"))
    assert before.state.waiting == "call:get:card" and isinstance(before.effects[0], Call) and before.effects[0].late == "send_by_sms"
    late = step(model, before.state, Answered(Answer("late", {}), NOW))
    assert "Answer sms follows" in str(late.effects) and late.state.ended
    found = step(model, by_sms(before.state), Answered(Answer("ok", {"used": False, "used_on": None}), NOW))
    assert [effect.text for effect in found.effects if isinstance(effect, Sms)] == ["Card 0123456789: new"] and found.state.ended


def _input(text: str):  # type: ignore[no-untyped-def]
    from ivr.engine.events import Input

    return Input(text, NOW)


# -- resuming


def test_a_dropped_session_is_offered_again(model: Model) -> None:
    dropped = dial(model, "*5#", "3", "994501110002").state
    walk = dial(model, "*5#", dropped=dropped)
    assert walk.text == "Answer resume\n1. Answer confirm\n2. Answer refuse"
    assert walk.press("1").text.startswith("How much")
    assert dial(model, "*5#", "2", dropped=dropped).text.startswith("Hello")
    assert dial(model, "*5#", "7", dropped=dropped).text.startswith("No choice\nAnswer resume")


def test_secrets_are_asked_anew_and_nothing_is_repeated(model: Model) -> None:
    from ivr.engine.state import dump, load

    back_end = BackEnd()
    dropped = load(dump(dial(model, "*5#", "3", "994501110002", "10", "4321").state))
    walk = dial(model, "*5#", "1", back_end=back_end, dropped=dropped)
    assert walk.text.startswith("Password") and back_end.calls == []
    done = dial(model, "*5#", "3", "994501110002", "10", "4321", "1").state
    again = dial(model, "*5#", "1", back_end=back_end, dropped=done)
    assert again.text.startswith("Sent 10.00 AZN") and back_end.calls == [] and again.messages == []


def test_only_the_same_way_in_offers_it(model: Model) -> None:
    dropped = dial(model, "*5#", "3").state
    assert dial(model, "*6#", dropped=dropped).text.startswith("To whom")
    assert dial(model, "*5*2#", dropped=dropped).text.startswith("Readers"), "who dials on wants that"


# -- the web


def test_a_page_of_a_browser_has_no_limit(model: Model) -> None:
    walk = dial(model, "home", channel="web")
    assert (walk.page.encoding, walk.page.limit) == ("unicode", 0)
    assert walk.press("2").text.count("\n") == 9


def test_money_is_typed(model: Model) -> None:
    back_end = BackEnd()
    dial(model, "5", "3", "994501110002", "10*50", "4321", "1", back_end=back_end)
    assert back_end.calls[-1][1]["amount"] == Money.parse("10.50", "AZN"), "the star is the point in a call"


# -- ways back that lead nowhere


CORNERS = """\
serves: everyone
entries:
  - {ussd: "*5#", go: main}
  - {call: "5", go: main}
  - {ussd: "*6#", go: card}
  - {ussd: "*7#", go: lost}
  - {ussd: "*8#", go: remove}
menus:
  main:
    say: {default: Hello, call: "Hello."}
    choices:
      "1": {label: Back, go: back}
      "2": {label: Card, go: card}
      "3": {label: Lost, go: lost}
  card:
    ask: {serial: {say: Which card}}
    get: {card: vouchers.look_up}
    say: "Card {serial}: {card.used_on}"
    no_input: {most: 2, then: continue}
    no_match: {most: 2, then: continue}
    otherwise: {unknown: {say: "No card {serial}", go: back}}
  remove:
    ask: {number: {say: Which number, no_match: A number alone}}
    do: readers.remove
    say: "{number} is out"
    otherwise: {not_given: Not there}
  lost:
    get: {given: readers.list}
    say: "{given.total} readers"
    otherwise: {unavailable: {say: Not now, go: home}}
"""


@pytest.fixture(scope="module")
def corners(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("corners") / "menus" / "small"
    folder.mkdir(parents=True)
    (folder / "operator.yaml").write_text(HOUSE.replace(", person: main.person", ""), "utf-8")
    (folder / "main.yaml").write_text(CORNERS, "utf-8")
    (folder.parent / "services.yaml").write_text(SERVICES, "utf-8")
    found = compile_operator(folder, folder / "locales")
    assert found.model is not None, "\n".join(map(str, found.faults))
    return found.model


def test_back_with_nothing_behind_is_home(corners: Model) -> None:
    assert dial(corners, "*5#", "1").text.startswith("Hello\n1. Back")
    assert dial(corners, "*6*0000000000#").text.startswith("No card 0000000000"), "home is the menu itself: it is not run for ever"


def test_an_outcome_that_leads_back_leads_one_menu_back(corners: Model) -> None:
    walk = dial(corners, "*5#", "2", "0000000000")
    assert walk.text.startswith("No card 0000000000\nHello")
    assert [frame.menu for frame in walk.state.frames] == ["main.main"]


def test_an_outcome_that_leads_home_does_not_fail_for_ever(corners: Model) -> None:
    assert dial(corners, "*7#", back_end=BackEnd({"readers.list": "unavailable"})).text == "Not now"
    assert dial(corners, "*5#", "3", back_end=BackEnd({"readers.list": "unavailable"})).text.startswith("Not now\nHello")


def test_going_on_from_a_form_that_was_not_filled(corners: Model) -> None:
    assert dial(corners, "5", "2").silent(2).said.startswith("Hello.")
    assert dial(corners, "*5#", "2", "x", "y").text.startswith("Hello")
    assert dial(corners, "*6#", "x", "y").end == "completed"
