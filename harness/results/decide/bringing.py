"""What in somebody's file brings a library along: data, the lock, and the package index say so, or nobody can."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from harness.results.decide.distribution_contents import read_contents
from harness.results.decide.libraries import Brings, adapters, related, unrelated
from harness.results.decide.libraries_used import is_meant
from harness.results.decide.package_index import IndexUnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.markers import Marker

    from harness.results.decide.distribution_contents import Contents
    from harness.results.decide.libraries_used import Used

_MAY = re.compile(r"(^|-)(py|python-)?ib-?(api|py|async|insync)|(^|-)(tws|ibkr|ib|ibgw)(-|$|api)|interactive-?brokers")
"""Names that tell of IBKR's API: where nobody could look them up, nothing is known."""

_MOST = 40
"""Packages that are looked up for one answer; those that have a telling name come first."""

_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringer:
    """A package of the user's file that brings a library along, or may: then ``brings`` is ``None``."""

    used: Used
    brings: Brings | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a file brings along; ``unseen`` are packages without a telling name that nobody could look up, and why."""

    bringers: tuple[Bringer, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)


def look_up(used: Sequence[Used], index: str, *, python: str) -> Looked:
    """Say what each package of a file brings along that is no library itself.

    Args:
        used: all that the file names.
        index: the address of the package index, which is asked for what neither data nor lock knows.
        python: as ``3.11``; markers are read for it.
    """
    open_ = [each for each in used if not each.own and not each.source and each.name not in {*adapters(), *unrelated()}]
    told = {each.name: brings for each in open_ if (brings := _known(each)) is not None}
    untold = [each for each in open_ if each.name not in told]
    hidden = {each.name: each.why for each in untold if each.index and _may(each)}
    ask = [each for each in untold if each.name not in hidden and (each.needs is None or _may(each))]
    ask.sort(key=lambda each: not _may(each))
    answers = hidden | _ask(ask[:_MOST], index, python)
    answers |= {each.name: f"only {_MOST} packages are looked up" for each in ask[_MOST:]}
    bringers, unseen = [], {}
    for each in open_:
        answer = told.get(each.name) or answers.get(each.name, "")
        if isinstance(answer, Brings):
            bringers.append(Bringer(used=each, brings=answer))
        elif answer and _may(each):
            bringers.append(Bringer(used=each, brings=None, why=answer))
        elif answer:
            unseen[each.name] = answer
    return Looked(bringers=tuple(bringers), unseen=unseen)


def _may(used: Used) -> bool:
    """Its name tells, or that of an extra that is asked for, as in ``nautilus_trader[ib]``."""
    return any(_MAY.search(name) for name in (used.name, *map(canonicalize_name, used.extras)))


def _known(used: Used) -> Brings | None:
    """What data and lock say; ``None`` where they say nothing."""
    if used.name in related():
        return related()[used.name]
    uses = _libraries(used.needs or ())
    return Brings(uses=uses, source=used.place) if uses else None


def _libraries(names: Iterable[str]) -> tuple[str, ...]:
    """Those names that are libraries, or are known to install one."""
    known = {*adapters(), *(name for name, brings in related().items() if brings.installs)}
    return tuple(dict.fromkeys(name for name in map(canonicalize_name, names) if name in known))


def _ask(packages: Sequence[Used], index: str, python: str) -> dict[str, Brings | str]:
    """Ask the index for each: what it brings, ``""`` where that is nothing, or why nobody knows."""
    down: list[str] = []

    def ask(used: Used) -> Brings | str:
        if down:  # one answer that does not come is waited for, not forty
            return down[0]
        try:
            contents = read_contents(index, used)
        except IndexUnreachableError as error:
            down.append(str(error))
            return down[0]
        return f"{index} has nothing of it that can be looked into" if contents is None else _of(used, contents, python)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip([each.name for each in packages], pool.map(ask, packages), strict=True))


def _of(used: Used, contents: Contents, python: str) -> Brings | str:
    needs = [each.name for each in contents.requirements if _asks(each.marker, used.extras, python)]
    installs = sorted(set(adapters().values()) & (contents.packages or frozenset()))
    uses = _libraries(needs)
    if not installs and not uses:
        return ""
    return Brings(installs=tuple(installs), uses=uses, source=f"{contents.version} on the package index")


def _asks(marker: Marker | None, extras: Iterable[str], python: str) -> bool:
    return marker is None or any(is_meant(marker, python, extra) for extra in ("", *extras))
