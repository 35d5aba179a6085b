"""Draws the answer of ``ib-compat uses`` for a terminal, and gives it as data."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.changes.uses import changes_of_name
from harness.known.library_api import Kind
from harness.shared.amounts import counted
from harness.shared.status import Status
from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.changes.code_reading import Place
    from harness.changes.uses import Use, Uses
    from harness.results.requests_measured import Measured, Red
    from harness.views.terminal.style import Style

_PLACES = 3
"""Places of a name that are shown; JSON has all."""

_GATEWAYS = 3
_MOST_CHANGES = 20
_HEADINGS = {
    Kind.METHOD: "calls",
    Kind.CLASS: "classes",
    Kind.EVENT: "events",
    Kind.CALLBACK: "callbacks",
    Kind.FIELD: "fields of contracts, orders and what belongs to them",
}
NOT_MEASURED = "not measured"


def draw_uses(found: Uses, *, width: int, style: Style) -> str:
    """What the code uses, what that sends, and what is known of it; what others wrote is made printable."""
    lines = [*_head(found, width), *_names(found, width), *_reds(found, width, style), *_changes(found, width)]
    lines += _besides(found, width)
    return "\n".join(style.plain(line) for line in lines)


def _head(found: Uses, width: int) -> Iterator[str]:
    yield f"{found.lines:,} lines of code, which import {', '.join(found.libraries)}."
    for file, why in found.unread.items():
        yield from paragraph(f"{file}: not read: {why}", width)
    if not found.run:
        yield "Nothing was measured: there is no run. `ib-compat run` measures, and --results says where runs are."


def _names(found: Uses, width: int) -> Iterator[str]:
    for kind, uses in groupby(found.uses, key=lambda each: each.kind):
        yield ""
        yield f"{_HEADINGS[kind]}:"
        rows = [_row(found, use) for use in uses]
        if kind is Kind.METHOD:
            rows = [("name", "on lines", "sends", *_heads(found), "where"), *rows]
        yield from (f"  {line}".rstrip() for line in tabulate(rows, tablefmt="plain").splitlines())
    arguments = [use for use in found.uses if use.arguments]
    if arguments:
        yield ""
        yield "with the arguments:"
        for use in arguments:
            yield from paragraph(f"{use.name}: {', '.join(use.arguments)}", width, indent=2)


def _heads(found: Uses) -> tuple[str, ...]:
    asked = ("really asked",) if found.trace else ()
    changes = ("changes",) if found.versions else ()
    return ("measured", *asked, *changes)


def _row(found: Uses, use: Use) -> tuple[str, ...]:
    name = f"{use.name}, perhaps" if use.perhaps else use.name
    if use.kind is not Kind.METHOD:
        return name, str(len(use.places)), _where(use.places)
    changes = (str(changes_of_name(found.changes, use.name) or ""),) if found.versions else ()
    asked = (_asked(found, use),) if found.trace else ()
    return name, str(len(use.places)), _sends(use), _measured(found, use), *asked, *changes, _where(use.places)


def _sends(use: Use) -> str:
    first, more = use.requests[:1], len(use.requests) - 1
    return f"{first[0]} and {more} more" if more > 0 else first[0] if first else "nothing"


def _where(places: Sequence[Place]) -> str:
    more = " …" if len(places) > _PLACES else ""
    return ", ".join(map(str, places[:_PLACES])) + more


def _measured(found: Uses, use: Use) -> str:
    """Say how many checks of the requests of a name came out well, at all gateways; of what nobody measured, that."""
    if not use.requests:
        return ""
    known = [found.measured[request] for request in use.requests if request in found.measured]
    red = sum(len(each.gateways) for measured in known for each in measured.reds)
    passed = sum(each.passed for each in known)
    if not red and not passed:
        return "not possible in any row" if any(each.impossible for each in known) else NOT_MEASURED
    came = f"{red} of {red + passed} red" if red else f"{passed} passed"
    missing = len(use.requests) - len(known)
    return f"{came}{f', {missing} {NOT_MEASURED}' if missing else ''}"


def _asked(found: Uses, use: Use) -> str:
    told: Counter[str] = Counter()
    for request in use.requests:
        told.update(found.asked.get(request, {}))
    return _outcomes(told) or ("never" if use.requests else "")


def _reds(found: Uses, width: int, style: Style) -> Iterator[str]:
    for request in found.requests:
        measured = found.measured.get(request)
        for number, red in enumerate(measured.reds if measured else ()):
            if not number:
                yield ""
                yield f"{request} did not come out right in {found.run}:"
            yield from paragraph(f"{style.glyph(Status(red.status))} {_red(red)}", width, indent=2)


def _red(red: Red) -> str:
    at = ", ".join(red.gateways[:_GATEWAYS])
    more = f" and {len(red.gateways) - _GATEWAYS} more" if len(red.gateways) > _GATEWAYS else ""
    fault = f", fault: {red.fault}" if red.fault else ""
    return f"{red.row} at {at}{more}: {red.check}: {red.status}{fault}{f': {red.reason}' if red.reason else ''}"


def _changes(found: Uses, width: int) -> Iterator[str]:
    if found.versions:
        yield ""
        some = counted(len(found.changes), "change")
        yield f"{some} from {' to '.join(found.versions)} concern the code:"
    for each in found.changes[:_MOST_CHANGES]:
        change = each.change
        yield from paragraph(f"{change.what}: {change.before} → {change.after}; {each.where}", width, indent=2)
    if len(found.changes) > _MOST_CHANGES:
        yield f"  and {len(found.changes) - _MOST_CHANGES} more; --json has all"


def _besides(found: Uses, width: int) -> Iterator[str]:
    if found.asked_besides:
        told = "; ".join(f"{name} {_outcomes(found.asked[name])}" for name in found.asked_besides)
        yield ""
        yield from paragraph(f"{found.trace} has requests that no name in the code leads to: {told}", width)


def _outcomes(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())


def uses_document(found: Uses) -> dict[str, Any]:
    """The answer as data; a request that is not in ``measured`` was not measured."""
    return {
        "libraries": list(found.libraries),
        "lines": found.lines,
        "unread": {str(file): why for file, why in found.unread.items()},
        "uses": [_use(found, use) for use in found.uses],
        "run": found.run or None,
        "measured": {name: _measured_document(each) for name, each in found.measured.items() if name in found.requests},
        "versions": list(found.versions),
        "changes": [
            {**asdict(each.change), "names": list(each.names), "code": each.where, "perhaps": each.perhaps}
            for each in found.changes
        ],
        "trace": found.trace or None,
        "asked": {name: dict(outcomes) for name, outcomes in found.asked.items()},
        "asked_besides": list(found.asked_besides),
    }


def _use(found: Uses, use: Use) -> dict[str, Any]:
    return {
        "name": use.name,
        "kind": use.kind.value,
        "count": len(use.places),
        "places": [{"file": str(each.file), "line": each.line} for each in use.places],
        "arguments": list(use.arguments),
        "sends": list(use.requests),
        "perhaps": use.perhaps,
        "measured": _measured(found, use) or None,
    }


def _measured_document(measured: Measured) -> dict[str, Any]:
    return {**asdict(measured), "reds": [asdict(each) for each in measured.reds]}
