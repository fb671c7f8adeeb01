"""The working copy of a session during one step: what has been decided so far, before it is frozen again."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ivr.engine.effects import Call, Effect, Fee, Traced
from ivr.engine.expressions import Node, evaluate
from ivr.engine.model import Choice, Menu, Model, Reference, Wording
from ivr.engine.render import View
from ivr.engine.state import Frame, Head, State
from ivr.engine.values import Line, Money, Value

NO_FEES: Mapping[str, Fee] = MappingProxyType({})


@dataclass(slots=True)
class Turn:
    """One step in the making. Lives only inside `step`, which is why it may change."""

    model: Model
    state: State
    now: datetime.datetime
    switches: Mapping[str, bool]
    frames: list[Frame]
    line: Line | None
    language: str
    waiting: str
    dial: list[str]
    heads: list[Head] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    trace: list[Traced] = field(default_factory=list)
    silences: int = 0
    mistakes: int = 0
    calls: int = 0
    paid: tuple[str, ...] = ()
    home: str = ""
    entry: int = -1
    resuming: str = ""
    typed: str = ""
    _seen: tuple[Frame, Line | None, list[Choice]] | None = None

    @classmethod
    def of(cls, model: Model, state: State, now: datetime.datetime, switches: Mapping[str, bool]) -> Turn:
        """A working copy of `state`."""
        return cls(
            model=model,
            state=state,
            now=now,
            switches=switches,
            frames=list(state.frames),
            line=state.line,
            language=state.language,
            waiting=state.waiting,
            dial=list(state.dial),
            heads=list(state.heads),
            silences=state.silences,
            mistakes=state.mistakes,
            calls=state.effects,
            paid=state.paid,
            home=state.home,
            entry=state.entry,
            resuming=state.resuming,
        )

    def freeze(self, inputs: int) -> State:
        """The state after this step."""
        # State() and not replace(), which is slow: this runs in every step
        return State(
            session=self.state.session,
            channel=self.state.channel,
            msisdn=self.state.msisdn,
            language=self.language,
            line=self.line,
            entry=self.entry,
            home=self.home,
            frames=tuple(self.frames),
            heads=tuple(self.heads),
            waiting=self.waiting,
            dial=tuple(self.dial),
            inputs=inputs,
            effects=self.calls,
            silences=self.silences,
            mistakes=self.mistakes,
            paid=self.paid,
            service=self.state.service,
            resuming=self.resuming,
            by_sms=self.state.by_sms,
        )

    @property
    def channel(self) -> str:
        """The session's channel."""
        return self.state.channel

    @property
    def writes(self) -> bool:
        """Whether all there can be is one SMS: nothing can be asked."""
        return self.state.channel == "sms" or self.state.by_sms

    @property
    def top(self) -> Frame:
        """The frame of the menu the subscriber is in."""
        return self.frames[-1]

    @property
    def menu(self) -> Menu:
        """The menu the subscriber is in."""
        return self.model.menus[self.frames[-1].menu]

    def change(self, frame: Frame) -> None:
        """Put `frame` in the place of the top one."""
        self.frames[-1] = frame

    def view(self, frame: Frame | None = None, extra: Mapping[str, Value] | None = None, channel: str = "") -> View:
        """What wordings of `frame` (the top one by default) may name now."""
        frame = frame or (self.frames[-1] if self.frames else Frame(""))
        menu = self.model.menus.get(frame.menu)
        fee = None if menu is None else menu.otherwise[frame.told].fee if frame.told in menu.otherwise else menu.fee
        shown_on = channel or ("sms" if self.writes else self.channel)
        return View(self.model, shown_on, self.language, self.line, frame, fee, self.switches, extra or {}, self.now, self.channel)

    def holds(self, condition: Node | None, frame: Frame | None = None) -> bool:
        """Whether a `when` holds; none always does."""
        return condition is None or evaluate(condition, self.view(frame).lookup)

    def switched_on(self, switch: str | None) -> bool:
        """Whether a feature switch is on now; they act at once, also in sessions that run."""
        return switch is None or self.switches.get(switch, self.model.operator.switches[switch])

    def visible(self, frame: Frame | None = None) -> list[Choice]:
        """The choices that this line can take here and now, in written order."""
        frame = frame or self.top
        if frame.told:
            return []
        if self._seen is not None and self._seen[0] is frame and self._seen[1] is self.line:
            return self._seen[2]
        found = [
            choice
            for choice in self.model.menus[frame.menu].choices
            if (choice.only is None or self.channel in choice.only)
            and self.switched_on(choice.switch)
            and (choice.go not in self.model.menus or self.switched_on(self.model.menus[choice.go].switch))
            and self.serves(self.model.menus[choice.go].serves if choice.go in self.model.menus else "everyone")
            and self.holds(choice.when, frame)
        ]
        # asked several times for one page; frames and lines are frozen, so the same two give the same choices
        self._seen = (frame, self.line, found)
        return found

    def serves(self, group: str) -> bool:
        """Whether the line belongs to `group` of operator.yaml."""
        operator, line = self.model.operator, self.line
        if line is None:
            return operator.in_group(group, "", "")
        return operator.in_group(group, line.kind, line.tariff)

    def price(self, fee: str | None) -> Money | None:
        """What `fee` costs here; None where it is free, none is named, or it is paid already in this session."""
        if fee is None or (fee in self.paid and self.model.operator.fees[fee].once):
            return None
        price = self.model.operator.fees[fee].prices.get(self.channel)
        return price if price is not None and price.micro > 0 else None

    def fill(self, hand: Mapping[str, Reference | Value], frame: Frame | None) -> dict[str, Value]:
        """The values that a `with` hands over, read in `frame`."""
        view = self.view(frame)
        return {name: view.lookup(value.path) if isinstance(value, Reference) else value for name, value in hand.items()}

    def call(
        self,
        service: str,
        inputs: Mapping[str, Value],
        stage: str,
        *,
        change: bool = False,
        fee: Fee | None = None,
        outcome_fees: Mapping[str, Fee] = NO_FEES,
        late: str = "fail",
    ) -> None:
        """Ask for a service; the step ends here and goes on at `stage` with the answer."""
        self.effects.append(Call(service, inputs, self.key(), change, fee, late, outcome_fees))
        self.waiting = f"call:{stage}"

    def key(self) -> str:
        """A name for one effect, for good: the session's and an ordinal."""
        self.calls += 1
        return f"{self.state.session}/{self.calls}"

    def note(self, what: str, detail: str, place: str = "") -> None:
        """One line of the trace."""
        self.trace.append(Traced(what, detail, place))

    def answer(self, name: str) -> Wording:
        """What the operator file says for the engine's own answer `name`."""
        return self.model.operator.answers[name]
