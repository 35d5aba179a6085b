"""Names what a program does that goes wrong, and at whom the fault is, whatever another gateway makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.programs.asked import Asked, Notice, Outcome, Request
from harness.programs.program import Ran
from harness.programs.tracebacks import Raised, raised_in

_OF_IB = frozenset({"ibapi", "ib_async", "ib_insync"})
"""The packages of which the remarks are true; what another one raises says nothing of a gateway's library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that goes wrong.

    Args:
        brief: what the program does, after "it".
        says: what follows from it, and what to do.
        fault: at whom it is.
        source: from where that is known.
        where: the requests that show it, with the error; or the exception.
    """

    brief: str
    says: str
    fault: str
    source: str
    where: tuple[str, ...]

    @property
    def words(self) -> str:
        """All of it, for a person."""
        return f"It {self.brief}: {'; '.join(self.where)}. {self.says} (Source: {self.source}.) Fault: {self.fault}."


def remarks_of(ran: Ran) -> tuple[Remark, ...]:
    """Return what goes wrong in a run of a program."""
    raised, _ = raised_in(ran.output)
    return tuple(_found(ran.asked, [each for each in raised if each.library in _OF_IB and each.file]))


def remarks_of_asked(asked: Asked) -> tuple[Remark, ...]:
    """Return what goes wrong on connections of which only what crossed them is known."""
    return tuple(_found(asked, ()))


def _found(asked: Asked, raised: Sequence[Raised]) -> Iterator[Remark]:
    for table in _tables():
        shown = [each for request in asked.requests if (each := _shown(table, request))]
        shown += [str(each.code) for each in asked.notices if _is(table, each)]
        shown += [each.words for each in raised if each.type == table.get("exception") and _fits(table, each.text)]
        if shown:
            where = tuple(dict.fromkeys(shown))
            told = {name: table[name] for name in ("brief", "says", "fault", "source")}
            yield Remark(**told, where=where)


def _shown(table: Mapping[str, Any], request: Request) -> str:
    """Return the request, if it shows this; what we kept from the gateway shows nothing."""
    if request.outcome is not Outcome.KEPT_BACK and any(_is(table, each) for each in request.errors):
        return f"{request.name} ({table['code']})"
    return request.name if request.outcome.value == table.get("outcome") else ""


def _is(table: Mapping[str, Any], error: Notice) -> bool:
    return error.code == table.get("code") and _fits(table, error.text)


def _fits(table: Mapping[str, Any], words: str) -> bool:
    return re.search(table.get("matches", ""), words) is not None


@cache
def _tables() -> tuple[Mapping[str, Any], ...]:
    found = tomllib.loads((resources.files("harness.programs") / "remarks.toml").read_text("utf-8"))["remark"]
    return tuple({**table, "says": " ".join(table["says"].split())} for table in found)
