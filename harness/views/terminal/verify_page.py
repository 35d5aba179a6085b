"""Draws the answer of ``ib-compat verify``, and gives it as data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from harness.shared.amounts import counted
from harness.shared.status import Status
from harness.verify.outcome import Count, Kind
from harness.views.terminal.style import paragraph, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.recordings.recording import Manifest
    from harness.verify.outcome import Difference, Verified
    from harness.views.terminal.style import Style

_HEADERS = ("", "equal", "differ", "missing", "extra", "own", "equal", "alike", "differ")
_NONE = "-"
_ALWAYS = frozenset({0, 1, 2, 6, 8})
"""Columns that are shown even if there is nothing in them."""

_SAID = {"start": "at the start", "unasked": "unasked"}


def draw_verified(found: Verified, manifest: Manifest, name: str, *, width: int, style: Style) -> str:
    """How many messages and fields are as recorded, and what differs; whatever a gateway said is made printable."""
    lines = [*_head(found, manifest, name, width), "", *_table(found)]
    if found.differences:
        lines += ["", "What the simulator says differently:", *_differences(found, width, style)]
    return "\n".join(style.plain(line) for line in [*lines, "", *_sum(found, width, style)])


def _head(found: Verified, manifest: Manifest, name: str, width: int) -> Iterator[str]:
    gateway, simulation = manifest.gateway, found.simulation
    product = " ".join(part for part in (gateway.product or "a gateway", gateway.build) if part)
    version = f"server version {gateway.server_version}" if gateway.server_version else "no server version"
    asked = f"{counted(found.connections, 'connection')}, {counted(found.requests, 'request')}"
    yield from paragraph(f"{name}: {product}, {version}, recorded {manifest.began:%Y-%m-%d %H:%M} UTC; {asked}", width)
    market = "stands still" if simulation.seed is None else f"moves (seed {simulation.seed})"
    against = f"against the simulated {simulation.profile.name}: {simulation.why}. Its market {market}"
    yield from paragraph(f"{against}, and its clock begins at {simulation.began:%Y-%m-%d %H:%M:%S %Z}.", width)
    if not simulation.exact:
        yield from paragraph(
            "That is perhaps another version than the recorded one, which may explain what differs.", width
        )


def _table(found: Verified) -> Iterator[str]:
    rows = [_HEADERS, *(_row(printable(name), count) for name, count in found.counts.items()), _row("all", found.total)]
    shown = [
        place for place, values in enumerate(zip(*rows, strict=True)) if place in _ALWAYS or set(values[1:]) > {_NONE}
    ]
    kept = [[row[place] for place in shown] for row in rows]
    align = ("left", *("right",) * (len(shown) - 1))
    drawn = tabulate(kept, tablefmt="plain", disable_numparse=True, colalign=align).splitlines()
    fields = drawn[0].rindex("equal")
    yield f"{'':{drawn[0].index('equal')}}{'messages':{fields - drawn[0].index('equal')}}fields"
    yield from (line.rstrip() for line in drawn)


def _row(name: str, count: Count) -> tuple[str, ...]:
    messages = count.equal, count.different, count.missing, count.extra, count.own
    fields = count.fields_equal, count.fields_alike, count.fields_different
    return name, *(f"{number:,}" if number else _NONE for number in (*messages, *fields))


def _differences(found: Verified, width: int, style: Style) -> Iterator[str]:
    for each in found.differences:
        glyph = style.paint(style.glyph(Status.FAIL), Status.FAIL)
        first, *others = paragraph(f"{_said(each)} ({_where(each)})", width - 2, indent=0, hanging=2)
        yield f"{glyph} {first}"
        yield from (f"  {line}" for line in others)


def _said(found: Difference) -> str:
    if found.kind is Kind.DIFFERENT:
        return f"{found.message}.{found.field}: {found.recorded} recorded, {found.simulated} simulated"
    known = f" with {found.recorded or found.simulated}" if found.field else ""
    return f"{found.message}{known}: {found.kind.value}"


def _where(found: Difference) -> str:
    said = _SAID.get(found.request, f"in answer to {found.request}")
    times = f"{found.times:,} times, first " if found.times > 1 else ""
    return f"{times}{said}, connection {found.connection} at {found.at:.3f} s"


def _sum(found: Verified, width: int, style: Style) -> Iterator[str]:
    total = found.total
    messages = total.equal + total.different + total.missing + total.extra
    fields = total.fields_equal + total.fields_alike + total.fields_different
    if found.unasked:
        asked = f"{counted(found.unasked, 'request')} could not be asked"
        yield from paragraph(f"{asked}: nobody can read it, or this version has none such.", width)
    if found.omitted or found.cut:
        left_out = f"{counted(found.omitted, 'message')} of the gateway {'is' if found.omitted == 1 else 'are'}"
        cut = f"{counted(found.cut, 'answer')} may go on after what is recorded"
        yield from paragraph(f"{left_out} not in the recording, and {cut}: the simulator may say more there.", width)
    status = Status.PASS if found.as_recorded else Status.FAIL
    said = f"{_percent(total.equal, messages)} of {counted(messages, 'message')} as recorded, "
    said += f"{_percent(fields - total.fields_different, fields)} of {counted(fields, 'field')}."
    yield f"{style.paint(style.glyph(status), status)} {said}"


def _percent(number: int, of: int) -> str:
    """Return a share of which 100 % is all, and nothing less."""
    if number == of:
        return "100 %"
    return f"{min(99.9, 100 * number / of):.1f} %"


def verified_document(found: Verified, manifest: Manifest, name: str) -> dict[str, Any]:
    """Return the answer as plain JSON data."""
    simulation = found.simulation
    return {
        "recording": name,
        "began": manifest.began.isoformat(),
        "gateway": manifest.gateway.model_dump(),
        "profile": simulation.profile.name,
        "why": simulation.why,
        "exact": simulation.exact,
        "behaviour": simulation.behaviour.as_json(),
        "seed": simulation.seed,
        "connections": found.connections,
        "requests": found.requests,
        "unasked": found.unasked,
        "omitted": found.omitted,
        "cut": found.cut,
        "as_recorded": found.as_recorded,
        "total": asdict(found.total),
        "messages": {message: asdict(count) for message, count in found.counts.items()},
        "differences": [asdict(each) for each in found.differences],
    }
