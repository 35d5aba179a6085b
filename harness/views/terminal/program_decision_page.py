"""Draws what a program may move to, for ``ib-compat upgrade --program`` and ``ib-compat pins --program``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.results.decide.row_judging import Standing
from harness.shared.status import Status
from harness.views.terminal.decision_text import age
from harness.views.terminal.program_grid import short_difference_lines
from harness.views.terminal.style import Style, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from harness.results.decide.program_decision import LibraryPin, Move

_LOOKS = {Standing.WORKS: Status.PASS, Standing.BREAKS: Status.FAIL, Standing.UNKNOWN: Status.NOT_RUN}

_SAYS = {
    Standing.WORKS: "SAFE: {names} does the same.",
    Standing.BREAKS: "NOT SAFE: {names} does not do the same.",
    Standing.UNKNOWN: "NOT KNOWN, which counts as no: no run answers for {names}.",
}

_WIDTH = 110


def draw_moves(moves: Sequence[Move], standing: Standing, *, now: datetime, width: int, style: Style) -> str:
    """Return the page: the answer first, then each row of the programs, and the proof.

    Args:
        moves: what was found.
        standing: the answer, by the moves that count.
        now: the present time, for the age of proofs.
        width: of the terminal.
        style: of the stream.
    """
    counting = [move for move in moves if move.standing is standing]
    names = ", ".join(dict.fromkeys(move.program for move in counting))
    lines = [*paragraph(_SAYS[standing].format(names=names), width), ""]
    for move in moves:
        lines += _move(move, width, style)
    lines += ["", *_proofs(moves, now)]
    return "\n".join(style.plain(line) for line in lines)


def _move(move: Move, width: int, style: Style) -> Iterator[str]:
    status = _LOOKS[move.standing]
    there = f", {move.today.gateway} → {move.after.gateway}" if move.today and move.after else ""
    remark = "" if move.counts else "; not counted: it is not the library of today"
    text = f"{move.row}{there}: {move.why}{remark}"
    first, *more = paragraph(text, width - 2, hanging=0)
    yield f"{style.paint(style.glyph(status), status)} {first}"
    yield from (f"  {line}" for line in more)
    if move.same_wire and move.standing is not Standing.UNKNOWN:
        spoken = move.same_wire[0]
        said = f"server version {spoken} with both, so nothing that the API layer decides changes on the wire"
        yield from paragraph(said, width, indent=4)
    if move.standing is Standing.BREAKS:
        cell = next(each for each in (move.after, move.today) if each is not None and each.differences)
        yield from (line for text in short_difference_lines(cell) for line in paragraph(text, width, indent=4))


def _proofs(moves: Sequence[Move], now: datetime) -> Iterator[str]:
    for run, ended in sorted({(move.run, move.ended) for move in moves if move.ended is not None}, reverse=True):
        yield f"Proof: run {run} of {ended:%Y-%m-%d} ({age(ended, now)})"


def moves_document(moves: Sequence[Move], standing: Standing) -> dict[str, Any]:
    """The answer as data."""
    return {"standing": standing.value, "programs": [_document(move) for move in moves]}


def _document(move: Move) -> dict[str, Any]:
    after = move.after
    return {
        "program": move.program,
        "row": move.row,
        "from": move.today.gateway if move.today else None,
        "to": after.gateway if after else None,
        "standing": move.standing.value,
        "counts": move.counts,
        "why": move.why,
        "same_server_version": move.same_wire[0] if move.same_wire else None,
        "differences": [
            {"kind": each.kind, "where": each.where, "before": each.before, "after": each.after}
            for each in (after.differences if after else ())
        ],
        "run": move.run or None,
    }


def draw_library_pins(pins: Sequence[LibraryPin], *, gateways: Sequence[str], now: datetime) -> str:
    """Return a commented constraints file."""
    lines = _remark(f"For {', '.join(dict.fromkeys(pin.program for pin in pins))} with {', '.join(gateways)}.")
    for pin in pins:
        lines.append("")
        if pin.version:
            proof = f"run {pin.run} of {pin.ended:%Y-%m-%d} ({age(pin.ended, now)})" if pin.ended else ""
            lines += _remark(f"{pin.library} {pin.version}: {pin.program} does what it does today, by {proof}.")
        else:
            lines += _remark(f"{pin.library}: no version is known with which {pin.program} does what it does today.")
        for version, why in pin.passed_over:
            lines += _remark(f"rejected {version}: {why}")
        lines += [f"{pin.library}=={pin.version}"] if pin.version else []
    return "\n".join(lines) + "\n"


def _remark(text: str) -> list[str]:
    return [f"# {line}" for line in paragraph(text, _WIDTH - 2)]


def library_pins_document(pins: Sequence[LibraryPin]) -> list[dict[str, Any]]:
    """The pins as data."""
    return [
        {
            "program": pin.program,
            "library": pin.library,
            "version": pin.version or None,
            "standing": pin.standing.value,
            "run": pin.run or None,
            "rejected": [{"version": version, "why": why} for version, why in pin.passed_over],
        }
        for pin in pins
    ]
