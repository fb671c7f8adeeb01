"""`late: send_by_sms` in scenarios: the promise at once, the answer by SMS when time passes."""

from __future__ import annotations

import textwrap

from ivr.scenarios.suite import Result
from tests.scenarios.helping import Folder, problems

LATER = """\
    serves: prepaid
    not_served: For prepaid lines.
    entries: [{ussd: "*333#", go: figures}, {call: "333", go: figures}]
    menus:
      figures:
        get: {account: {from: accounts.balance, late: send_by_sms}}
        fee: balance
        say: "Left: {account.main}"
    """


def played(folder: Folder, steps: str, outcomes: str) -> Result:
    (folder.menus / "azercell" / "later.yaml").write_text(textwrap.dedent(LATER))
    folder.steps(steps, f"language: en\nservices: {{accounts.balance: {outcomes}}}")
    [result] = folder.run()
    return result


def test_the_promise_and_the_answer(folder: Folder) -> None:
    steps = """\
        - {dial: "*333#", see: "It takes a little longer: the answer will come by SMS.", charged: "0", ends: true}
        - {wait: 5s, get: "Left: 12.24 AZN", charged: "0.10"}
        - {wait: 5s, charged: "0"}
        """
    assert problems(played(folder, steps, "[late]")) == []


def test_a_call_is_told_and_its_answer_is_free_as_calls_are(folder: Folder) -> None:
    steps = """\
        - {call: "333", hear: the answer will come by SMS}
        - {wait: 1s, get: "Left: 12.34 AZN", charged: "0"}
        """
    assert problems(played(folder, steps, "[late, ok]")) == []


def test_an_answer_that_stays_away_is_given_up_after_ten_minutes(folder: Folder) -> None:
    steps = """\
        - {dial: "*333#", see: the answer will come by SMS}
        - {wait: 10m, charged: "0"}
        - {wait: 1s, get: We cannot answer now. Please try again later., charged: "0"}
        """
    assert problems(played(folder, steps, "late")) == []


def test_nothing_comes_before_time_passes(folder: Folder) -> None:
    steps = '- {dial: "*333#", see: the answer will come by SMS}\n- {dial: "*111*9#", get: "Left: 12.24 AZN"}'
    assert problems(played(folder, steps, "[late]")) == ['9:32 994501110001 should get "Left: 12.24 AZN", and got no SMS']


def test_a_back_end_that_fails_meanwhile(folder: Folder) -> None:
    steps = '- {dial: "*333#", see: the answer will come by SMS}\n- {wait: 5s, get: We cannot answer now., charged: "0"}'
    assert problems(played(folder, steps, "[late, unavailable]")) == []
