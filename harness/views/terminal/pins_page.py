"""Draws the answer of ``ib-compat pins``: a commented constraints file; and gives it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.results.decide.row_judging import Standing
from harness.views.terminal.decision_text import desupport_line, judgement_document, proofs
from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from harness.results.decide.measured import Evidence
    from harness.results.decide.pin_choice import Candidate, Pin
    from harness.results.decide.row_judging import Judgement

_WIDTH = 110
_MOST = 3
"""The most cells that are named for one reason."""


def draw_pins(
    pins: Sequence[Pin], *, gateways: Sequence[str], pythons: Sequence[str], now: datetime, evidence: Evidence
) -> str:
    """Return the constraints file.

    It is the same on every machine. Comments above a line say what it is based on. Packages that a library needs but
    does not declare have lines of their own; constraints install nothing, so a remark says what to install.
    """
    of = f" of {evidence.matrix}" if evidence.matrix else ""
    lines = _remark(f"For {', '.join(gateways)} on Python {', '.join(pythons)}, by the runs{of} named below.")
    for name in gateways:
        if (notice := evidence.columns[name].desupport) is not None:
            lines.extend(_remark(desupport_line(name, notice, now.date())))
    lines.extend(_how_to_use(pins))
    for pin in pins:
        lines += ["#", *_block(pin, now)] if lines[-1].startswith("#") else ["", *_block(pin, now)]
    return "\n".join(lines) + "\n"


def _how_to_use(pins: Sequence[Pin]) -> Iterator[str]:
    several = [pin.distribution for pin in pins if pin.adapter == "ibapi" and pin.chosen]
    yield "# A constraint installs nothing: `pip install -c FILE LIBRARY`, or `uv pip install -c FILE LIBRARY`."
    if len(several) > 1:
        yield from _remark(f"{', '.join(several)} all install the same package, ibapi: use one of them.")


def _block(pin: Pin, now: datetime) -> Iterator[str]:
    chosen = pin.chosen
    if chosen is None:
        yield from _remark(f"{pin.distribution}: no version is known to work.")
    else:
        yield from _remark(f"{pin.distribution} {chosen.version}: every check that matters passed.")
        yield from (f"#   {proof}" for proof in proofs(chosen.judgements, now))
        yield from _beside(chosen)
        yield from _predicted(chosen.judgements)
    yield from _passed_over(pin)
    if chosen is None:
        return
    out = "" if pin.beside is None else "# "
    if pin.beside:
        yield from _remark(
            f"commented out: it cannot be installed beside {pin.beside}; use --library {pin.distribution}.", 2
        )
    yield f"{out}{chosen.distribution}=={chosen.version}"
    yield from (f"{out}{extra}" for extra in chosen.extras)


def _passed_over(pin: Pin) -> Iterator[str]:
    """Yield each reason once, with the versions that it applies to, the newest first."""
    reasons: dict[str, list[str]] = {}
    for candidate in pin.passed_over:
        reasons.setdefault(why_not(candidate), []).append(candidate.label)
    for why, labels in reasons.items():
        yield from _remark(f"rejected {', '.join(labels)}: {why}", indent=2)


def _beside(chosen: Candidate) -> Iterator[str]:
    names = [Requirement(extra).name for extra in chosen.extras]
    if names:
        measured = ", ".join(f"{name} {chosen.installed.get(canonicalize_name(name), '')}".strip() for name in names)
        needs = f"needs {', '.join(chosen.extras)} (measured with {measured}), which it does not ask for itself:"
        yield from _remark(needs, indent=2)
        yield f"#   pip install -c FILE {chosen.distribution} {' '.join(names)}"


def _predicted(judgements: Sequence[Judgement]) -> Iterator[str]:
    names = sorted({name for each in judgements for name in each.predicted})
    if names:
        yield from _remark(f"cannot be asked, as the versions predict: {', '.join(names)}", indent=2)


def why_not(candidate: Candidate) -> str:
    """Why a version was rejected: its first problems, or what is not known about it."""
    if not candidate.published and candidate.standing is Standing.UNKNOWN:
        return (
            "it was installed from a file, a folder or a repository, and a constraint can name only what an index has"
        )
    wanted = Standing.BREAKS if candidate.standing is Standing.BREAKS else Standing.UNKNOWN
    reasons: dict[str, list[str]] = {}
    for each in candidate.judgements:
        if each.standing is wanted:
            said = str(each.problems[0]) if each.problems else each.why
            reasons.setdefault(said, []).append("/".join(each.cell.split("/")[1:]))
    return "; ".join(f"{said} ({_shortened(cells)})" for said, cells in reasons.items())


def _shortened(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - _MOST} more" if len(cells) > _MOST else ""
    return f"{', '.join(cells[:_MOST])}{more}"


def _remark(text: str, indent: int = 0) -> list[str]:
    return [f"# {line}" for line in paragraph(text, _WIDTH, indent=indent)]


def pins_document(pins: Sequence[Pin], *, gateways: Sequence[str], pythons: Sequence[str]) -> dict[str, Any]:
    """The answer as plain JSON data."""
    return {"gateways": list(gateways), "pythons": list(pythons), "libraries": [_pin(pin) for pin in pins]}


def _pin(pin: Pin) -> dict[str, Any]:
    chosen = pin.chosen
    return {
        "distribution": pin.distribution,
        "standing": pin.standing,
        "version": chosen.version if chosen else None,
        "constraints": [f"{chosen.distribution}=={chosen.version}", *chosen.extras] if chosen else [],
        "cannot_stand_beside": pin.beside,
        "proof": [judgement_document(each) for each in chosen.judgements] if chosen else [],
        "passed_over": [
            {"version": each.version, "extras": list(each.extras), "standing": each.standing, "why": why_not(each)}
            for each in pin.passed_over
        ],
    }
