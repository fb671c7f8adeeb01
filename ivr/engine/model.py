"""The compiled menu tree of one operator: frozen nodes that a step walks. Built once by `ivr.catalog`, never changed.

Every wording is already split by channel and language, every template into its pieces, every condition into its tree, so that a step
reads no file, looks up no translation and parses nothing. `place` is always `file:line:col` of the YAML that said so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.engine.charging import Billing, Rating, TariffPrices
from ivr.engine.expressions import Node
from ivr.engine.speech_rules import PLAIN, SpeechRules
from ivr.engine.values import Hours, Money, Value


@dataclass(frozen=True, slots=True)
class Reference:
    """A slot of a wording, `{account.main:exact}`: its dotted path and form."""

    path: tuple[str, ...]
    form: str = ""


Template = tuple[str | Reference, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A wording in one language. More than one form: `rule` picks by the number that `count` names (gettext's plural rule)."""

    forms: tuple[Template, ...]
    language: str
    count: tuple[str, ...] | None = None
    rule: Callable[[int], int] | None = None


Wording = Mapping[str, Mapping[str, Message]]
"""By channel (`ussd`, `call`, `sms`, `web`), then by language. A channel that is missing: nothing is said there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A wording that is said only where `when` holds and only on the channels `only`."""

    wording: Wording
    when: Node | None = None
    only: frozenset[str] | None = None
    place: str = ""


Say = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a field takes: `kind` is `digits`, `one_of`, `money`, `msisdn`, `number`, `date` or `text`.

    `least`/`most`: length of digits and text, size of a number, micro-units of money. `words` of `one_of`. A `secret` field's value is a
    `Secret`: no wording can show it and no store keeps it.
    """

    kind: str
    least: int | None = None
    most: int | None = None
    words: tuple[str, ...] = ()
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Tries:
    """How often silence or a wrong key is forgiven, what is said then, and where it leads: `goodbye`, `continue` or a menu."""

    most: int
    say: Wording | None
    then: str


@dataclass(frozen=True, slots=True)
class Field:
    """A question of a form. Without `say` it must be handed over. `no_match` by cause (`too_small` ... `other`, `differs`).

    `again`: asked a second time with these words, and both must agree. `tries` and `no_input` are the field's own, else the operator's.
    """

    name: str
    type: FieldType
    say: Say
    when: Node | None = None
    no_match: Mapping[str, Wording] = field(default_factory=dict)
    place: str = ""
    again: Say = ()
    tries: Tries | None = None
    no_input: Tries | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A service to call, as `name` in wordings. `hand` maps its inputs to fields, references or constants.

    `late`: what a look-up slower than `sessions.late` comes to: `fail` (the outcome `late`), `wait`, or `send_by_sms`.
    """

    name: str
    service: str
    hand: Mapping[str, Reference | Value]
    place: str = ""
    balance: str | None = None
    late: str = "fail"


@dataclass(frozen=True, slots=True)
class Choice:
    """A key and where it leads: a menu id, or `back`, `home`, `end`."""

    key: str
    label: Wording
    go: str
    hand: Mapping[str, Reference | Value] = field(default_factory=dict)
    then: str | None = None
    when: Node | None = None
    switch: str | None = None
    only: frozenset[str] | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Choose:
    """Items of a list as choices: numbered 1, 2 ... on a page; in a call numbered within the part that is said, `label` around each."""

    label: Wording
    go: str
    hand: Mapping[str, Reference | Value] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that a look-up gave, an item a line. `speak`: how many a call says before it offers more. `most`: items it may have."""

    of: tuple[str, ...]
    item: Wording
    none: Wording | None
    speak: int | None = None
    place: str = ""
    choose: Choose | None = None
    most: int = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens on an outcome other than `ok`."""

    say: Say
    fee: str | None = None
    retry: str | None = None
    go: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """One step of a tree; the keys stand in the order in which they happen.

    `also_sms`: the words of an SMS that goes out as well; empty: the same words as the page's.
    """

    name: str
    place: str
    serves: str
    switch: str | None = None
    back: bool = True
    ask: tuple[Field, ...] = ()
    confirm: Say = ()
    get: tuple[Invocation, ...] = ()
    do: Invocation | None = None
    fee: str | None = None
    say: Say = ()
    list: Listing | None = None
    after: Say = ()
    choices: tuple[Choice, ...] = ()
    then: str | None = None
    no_input: Tries | None = None
    no_match: Tries | None = None
    otherwise: Mapping[str, Outcome] = field(default_factory=dict)
    connect: str | None = None
    also_sms: Say | None = None
    fee_place: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the operator says without being asked, once an event `about` (services.yaml). `by`: the first way that the network offers, of
    `flash`, `sms`, `ussd_notice`, `ussd_session`; `go`: the menu of a session that the network opens."""

    name: str
    about: str
    by: tuple[str, ...]
    serves: str = "everyone"
    switch: str | None = None
    when: Node | None = None
    say: Say = ()
    go: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A way in. `channel` is `ussd`, `call`, `sms` or `web`; `parts` the code's parts (`*111*1#` is 111, 1; a `Reference` takes a field),
    or the number called, the short code, the page.

    `text` is an SMS's pattern: fixed signs and `Reference`s to fields; empty for a blank SMS. `resume`: a dropped session is offered again.
    """

    channel: str
    parts: tuple[str | Reference, ...]
    go: str
    serves: str
    hand: Mapping[str, Reference | Value] = field(default_factory=dict)
    then: str | None = None
    switch: str | None = None
    not_served: Say = ()
    place: str = ""
    text: Template | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that something serves: by kind of line, by tariff and by the tariff's kind. Empty sets mean any."""

    line: str | None = None
    tariffs: frozenset[str] = frozenset()
    except_tariffs: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    except_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FeePrices:
    """A fee by channel. `once`: charged once a session however often the menu is shown."""

    prices: Mapping[str, Money]
    once: bool = False


@dataclass(frozen=True, slots=True)
class UssdSettings:
    """`octets` a string may have; `wait` and `longest` in seconds; `stay_open`: a last page keeps its back and home lines."""

    octets: int
    wait: float
    longest: float
    stay_open: bool


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """`parts` an answer may have at the most; `same`: signs that count as one (`–` as `-`), each to the one it stands for."""

    parts: int = 3
    same: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a call can be handed to: the number, the opening hours (None: always), seconds it rings."""

    number: str
    hours: str | None
    ring: float


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Seconds a caller has for the first key and between keys, and a call at the most.

    `person` is the menu behind the key for a person; `synthesis`: whether a voice may speak what nobody recorded.
    """

    first_digit: float
    between_digits: float
    barge_in: bool
    longest: float
    choice: Wording
    point: str
    speak_numbers: str
    person: str | None = None
    synthesis: bool = True


@dataclass(frozen=True, slots=True)
class Keys:
    """Reserved keys. Empty text: the key is not used."""

    ussd_back: str
    ussd_home: str
    ussd_next: str
    call_back: str
    call_repeat: str
    call_next: str
    confirm: str
    refuse: str
    call_person: str = ""


@dataclass(frozen=True, slots=True)
class Operator:
    """operator.yaml: everything that is a number, a price, a time or a rule of the house.

    `until`: the form `until` of a date on screens by language, `до {date}`; the date alone where a language has none.
    """

    name: str
    title: str
    currency: str
    time_zone: str
    languages: tuple[str, ...]
    default_language: str
    first_call: str | None
    fold: Mapping[str, frozenset[str]]
    fold_names: frozenset[str]
    country: str
    length: int
    prefixes: tuple[str, ...]
    written: tuple[str, ...]
    numbers: Mapping[str, str]
    groups: Mapping[str, Group]
    fees: Mapping[str, FeePrices]
    limits: Mapping[str, Value]
    spoken: Mapping[str, Mapping[str, str]]
    ussd: UssdSettings
    call: CallSettings
    keys: Keys
    no_input: Tries
    no_match: Tries
    switches: Mapping[str, bool]
    late: float
    answers: Mapping[str, Wording]
    units: Mapping[str, Mapping[str, Message]]
    sms: SmsSettings = field(default_factory=SmsSettings)
    hours: Mapping[str, Hours] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    resume: float = 0.0
    tariff_kinds: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    speech: SpeechRules = PLAIN
    tariffs: Mapping[str, TariffPrices] = field(default_factory=dict)
    rating: Rating = Rating()
    billing: Billing | None = None
    until: Mapping[str, str] = field(default_factory=dict)

    def in_group(self, group: str, kind: str, tariff: str) -> bool:
        """Whether a line of `kind` (`prepaid`, `postpaid`) with `tariff` belongs to `group`."""
        rule = self.groups[group]
        tariff_kind = self.tariff_kinds.get(tariff, "")
        return (
            (rule.line is None or rule.line == kind)
            and (not rule.tariffs or tariff in rule.tariffs)
            and tariff not in rule.except_tariffs
            and (not rule.kinds or tariff_kind in rule.kinds)
            and tariff_kind not in rule.except_kinds
        )


@dataclass(frozen=True, slots=True)
class Model:
    """All that a step needs to know of one operator. `release` is the content hash it was compiled from."""

    operator: Operator
    menus: Mapping[str, Menu]
    entries: tuple[Entry, ...]
    release: str
    notices: tuple[Notice, ...] = ()
