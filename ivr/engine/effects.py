"""What a step asks the world to do. The runner performs calls and feeds their answers back; what remains is the reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.engine.speech_rules import PLAIN, SpeechRules
from ivr.engine.values import Money, Value


@dataclass(frozen=True, slots=True)
class Fee:
    """A price to be charged: its name in operator.yaml, the channel, the amount."""

    name: str
    channel: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Call:
    """Call a service; `step` goes on with the `Answered` event that carries its answer.

    `service` is a name of services.yaml, or one of the engine's own: `accounts.funds` (takes `amount`: could the line
    pay it? `ok` or `not_enough` with `balance`) and `accounts.charge` (charges `fee`: `ok` or `not_enough`, both with
    `balance`). `fee` is charged in the same booking where the answer is `ok`, one of `outcome_fees` where it is that outcome. `late` as in
    `Invocation`. `key` names the effect for good (session id and ordinal): a repeated call with it does nothing
    twice.
    """

    service: str
    inputs: Mapping[str, Value]
    key: str
    change: bool = False
    fee: Fee | None = None
    late: str = "fail"
    outcome_fees: Mapping[str, Fee] = field(default_factory=dict)

    def fee_for(self, outcome: str) -> Fee | None:
        """What is charged where the answer is `outcome`."""
        return self.fee if outcome == "ok" else self.outcome_fees.get(outcome)


@dataclass(frozen=True, slots=True)
class Page:
    """A USSD page. `length` and `limit` are characters of `encoding` (`gsm7`, `ucs2`); `more`: the network waits for input."""

    text: str
    encoding: str
    length: int
    limit: int
    more: bool
    language: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Fixed words of a prompt, already in `language`. Recorded or synthesised as a whole."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A value spoken inside a prompt. `form` is one of the menu language's: `until`, `exact`, `digits`, `grouped` or `""`.

    `spoken` carries the words where the operator file gives them (a tariff's name); else the speller finds them, by the `rules` of the
    operator whose call it is.
    """

    value: Value
    form: str
    language: str
    spoken: str | None = None
    rules: SpeechRules = PLAIN


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence between two sentences, in milliseconds."""

    milliseconds: int


Spoken = Words | Slot | Pause


@dataclass(frozen=True, slots=True)
class Collect:
    """How a call waits for keys after a prompt: times in seconds; `most` keys at the most; `end` keys finish an input early.

    `most` is 1 for a menu. A key that ends an input is not part of it. `interrupt`: keys cut the prompt short (barge-in).
    """

    most: int
    first_digit: float
    between_digits: float
    end: str = ""
    interrupt: bool = True
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Speak:
    """Everything a call plays before it waits for a key. `collect` is None where the call ends after it.

    `connect`: a number to hand the call to after the prompt, ringing for `ring` seconds; what became of it comes back as `Connected`.
    """

    parts: tuple[Spoken, ...]
    language: str
    collect: Collect | None
    connect: str | None = None
    ring: float = 0.0


@dataclass(frozen=True, slots=True)
class Sms:
    """A message to a line. `flash`: class 0 (3GPP TS 23.038 clause 4), shown at once and not kept.

    `limit` names a limit of operator.yaml by which it is sent only so often to a line (`help_replies`); the runner asks the books whether
    one is left, and nothing leaves with it set.
    """

    to: str
    sender: str
    text: str
    language: str
    key: str
    flash: bool = False
    limit: str = ""

    @property
    def session(self) -> str:
        """The session that made it: a key is that name, a stroke and an ordinal."""
        return self.key.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class UssdNotice:
    """A text that the network shows on a phone without asking anything (USSN, 3GPP TS 24.090). `encoding` is `gsm7` or `ucs2`; `key` names
    it for good, as in `Sms`."""

    to: str
    text: str
    encoding: str
    language: str
    key: str


@dataclass(frozen=True, slots=True)
class End:
    """The session is over. `disposition` says how, for the records: `completed`, `refused`, `hung_up`, `timed_out`, `failed` ..."""

    disposition: str


Effect = Call | Page | Speak | Sms | UssdNotice | End


@dataclass(frozen=True, slots=True)
class Traced:
    """One thing that happened in a step, with the place in the menu files that said so (`file:line:col`, or empty)."""

    what: str
    detail: str
    place: str = ""
