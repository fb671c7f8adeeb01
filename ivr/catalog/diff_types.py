"""What the parts of a comparison share: a change, and the two models with the names by which the same thing goes in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ivr.engine.model import Group, Menu, Model

NOBODY = Group("nobody")


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `before` is None for what is new, `after` for what is gone.

    `place` is `file:line:col` in the newer menus; of what is gone with all around it, where it stood in the older ones.
    """

    kind: str
    what: str
    before: str | None
    after: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models.

    `renames`: menu ids of the older that go by another in the newer. `only`: the languages that are compared; all that both offer where it
    is empty. `alike`: menu ids that are taken for each other, whichever they are.
    """

    before: Model
    after: Model
    renames: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    alike: frozenset[str] = frozenset()

    def menus(self) -> Iterator[tuple[Menu, Menu]]:
        """The menus that are in both, in the newer one's order."""
        old = {self.renames.get(name, name): menu for name, menu in self.before.menus.items()}
        for name, menu in self.after.menus.items():
            if name in old:
                yield old[name], menu

    def languages(self) -> tuple[str, ...]:
        """The languages that are compared."""
        return self.only or tuple(one for one in self.after.operator.languages if one in self.before.operator.languages)

    def renamed(self, target: str | None) -> str | None:
        """A target of the older model as the newer one calls it."""
        return None if target is None else self.renames.get(target, target)

    def same_target(self, old: str | None, new: str | None) -> bool:
        """Whether two targets are the same menu or word."""
        return self.renamed(old) == new or (old in self.alike and new in self.alike)

    def same_group(self, old: str, new: str) -> bool:
        """Whether two groups take in the same lines. What a group of one name takes in is compared once, for the operator."""
        return old == new or self.before.operator.groups.get(old, NOBODY) == self.after.operator.groups.get(new, NOBODY)
