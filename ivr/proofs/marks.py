"""Which states are one: what the engine cannot tell apart, as a value that can be hashed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from ivr.engine.state import Frame, State
from ivr.engine.values import Secret


class Marks:
    """Makes a state's mark. Two states with one mark go on alike.

    All of a state counts but the session's name and the counters of inputs and effects. Two things are folded on purpose. Silences and
    mistakes are counted apart and each is compared with its own limit only, so a state that has both is taken for one that has the
    silences alone. In a call, and where a value is awaited, what was said before is not kept by the engine but for whole menus, so nothing
    else of it counts.
    """

    def __init__(self) -> None:
        self._frozen: dict[int, tuple[object, Hashable]] = {}

    def of(self, state: State) -> Hashable:
        """The mark of `state`."""
        answering, written = state.waiting.startswith("call:"), state.channel != "call"
        kept = state.heads if answering or (written and state.waiting == "menu") else [head for head in state.heads if head.what == "menu"]
        return (
            state.channel,
            state.language,
            state.line,
            state.entry,
            state.home,
            state.waiting,
            tuple(map(self._frame, state.frames)),
            tuple(
                [(head.what, self._frame(head.frame, paged=head.what == "menu" and not written), self._freeze(head.extra)) for head in kept]
            ),
            state.dial,
            state.paid,
            state.resuming,
            state.by_sms,
            state.silences,
            0 if state.silences else state.mistakes,
        )

    def _frame(self, frame: Frame, paged: bool = True) -> Hashable:
        fields, got = self._freeze(frame.fields), self._freeze(frame.got)
        return (frame.menu, fields, got, frame.then, frame.told, frame.page if paged else 0, frame.confirmed, frame.acted, frame.sent)

    def _freeze(self, value: object) -> Hashable:
        """A value that can be hashed. Remembered by identity, for the same answers come again and again."""
        if isinstance(value, Secret):
            return "secret"
        if not isinstance(value, Mapping | tuple):
            return value
        found = self._frozen.get(id(value))
        if found is None:
            if isinstance(value, tuple):
                frozen: Hashable = tuple(map(self._freeze, value))
            else:
                frozen = tuple((name, self._freeze(item)) for name, item in sorted(value.items()))
            found = self._frozen[id(value)] = (value, frozen)
        return found[1]
