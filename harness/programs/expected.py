"""Says whether a run of a program was as its user expects: how it ends, what it writes, what it asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.programs.asked import Outcome
from harness.programs.program import Ran

_CAME = frozenset({Outcome.ANSWERED, Outcome.TAKEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a user expects of every run of a program.

    Args:
        exits: the exit codes that are right for one that ends by itself.
        ends: whether it must end by itself; ``False`` if it must run on until it is ended, ``None`` if it may do
            either.
        done: whether it must show that it is done.
        says: texts that it must write.
        never_says: texts that it must not write.
        asks: requests that it must send, and that must be answered; as the catalogue names them.
    """

    exits: tuple[int, ...] = (0,)
    ends: bool | None = None
    done: bool = False
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    def unmet(self, ran: Ran) -> tuple[str, ...]:
        """Return what was otherwise in a run, in words; nothing if it was as expected."""
        return (*self._ending(ran), *self._writing(ran), *self._asking(ran))

    def _ending(self, ran: Ran) -> Iterator[str]:
        end = ran.end
        if end.done:
            return
        undone = " and did not show that it was done" if self.done else ""
        if end.by_us and (self.ends is True or self.done):
            yield f"it {end.words}{undone}"
        elif not end.by_us and (self.ends is False or self.done or end.code not in self.exits):
            yield f"it ended with {end.words}{undone}"

    def _writing(self, ran: Ran) -> Iterator[str]:
        yield from (f"it never wrote {text!r}" for text in self.says if text not in ran.output)
        yield from (f"it wrote {text!r}" for text in self.never_says if text in ran.output)

    def _asking(self, ran: Ran) -> Iterator[str]:
        asked = {request.name for request in ran.asked.requests}
        came = {request.name for request in ran.asked.requests if request.outcome in _CAME}
        yield from (f"it never asked {name}" for name in self.asks if name not in asked)
        yield from (f"{name} was not answered" for name in self.asks if name in asked - came)
