"""Draws the answer of ``ib-compat upgrade``, and gives it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.results.decide.row_judging import Standing
from harness.results.decide.upgrade_answer import Answer, Outcome, Upgrade
from harness.results.results_json import json_data
from harness.shared.status import Status
from harness.views.terminal.decision_text import desupport_line, judgement_document, proofs
from harness.views.terminal.style import Style, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from harness.results.decide.measured import Row
    from harness.results.decide.row_judging import Judgement

_LOOKS = {
    Outcome.WORKS: (Status.PASS, "works today, and will work"),
    Outcome.MENDED: (Status.PASS, "will work"),
    Outcome.BREAKS: (Status.FAIL, "breaks"),
    Outcome.STAYS_BROKEN: (Status.DEGRADED, "is broken today, and stays broken"),
    Outcome.UNKNOWN: (Status.NOT_RUN, "not known"),
}
_SAYS = {
    Standing.WORKS: "SAFE: everything that counts will work{as_far}.",
    Standing.BREAKS: "NOT SAFE: {broken}.",
    Standing.UNKNOWN: "NOT KNOWN, which counts as no: no run covers {unknown}.",
}

_NO_FILE = "This covers every library of the results; name --requirements FILE or --lock FILE for those that you use."


def draw_upgrade(upgrade: Upgrade, *, now: datetime, width: int, style: Style) -> str:
    """Return the page: the answer first, then each library, the ends of support that matter, and the proof."""
    columns = f"{', '.join(upgrade.today)} → {', '.join(upgrade.after)}"
    lines = [columns, *paragraph(headline(upgrade), width), ""]
    for answer in upgrade.answers:
        lines.extend(_answer(answer, width, style))
    lines.append("")
    if not upgrade.by_file and upgrade.standing is not Standing.WORKS:
        lines.extend([*paragraph(_NO_FILE, width), ""])
    for name, notice in upgrade.desupports.items():
        lines.extend(paragraph(desupport_line(name, notice, now.date()), width))
    silent = [name for name in (*upgrade.today, *upgrade.after) if name not in upgrade.desupports]
    lines.extend(f"{name}: no end date is known" for name in dict.fromkeys(silent))
    for text in _unseen(upgrade):
        lines.extend(paragraph(text, width))
    judged = [each for answer in upgrade.answers for each in (*answer.today, *answer.after)]
    lines.extend(f"Proof: {proof}, {upgrade.matrix}" for proof in proofs(judged, now))
    return "\n".join(style.plain(line.replace("→", "to") if not style.unicode else line) for line in lines)


def headline(upgrade: Upgrade) -> str:
    """The answer in a line."""
    counting = [each for each in upgrade.answers if each.counts]
    broken = [each.library for each in counting if each.outcome in {Outcome.BREAKS, Outcome.STAYS_BROKEN}]
    unknown = [each.library for each in counting if each.outcome is Outcome.UNKNOWN]
    as_far = ", as far as it could be looked up" if upgrade.unseen else ""
    reasons = [f"{_listed(broken)} will not work"] if broken else []
    reasons += [f"{name} ends on {upgrade.desupports[name].date}" for name in upgrade.ending]
    names = {"broken": "; ".join(reasons), "unknown": _listed(unknown) or "anything", "as_far": as_far}
    return _SAYS[upgrade.standing].format(**names)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _answer(answer: Answer, width: int, style: Style) -> Iterator[str]:
    status, words = _LOOKS[answer.outcome]
    today = _today(answer)
    mark = style.paint(style.glyph(status), status)
    remark = "" if answer.counts else "; not counted, since nobody can be using it"
    yield f"{mark} {answer.library}, Python {answer.python}: {words}{today}{remark}"
    broken = answer.outcome in {Outcome.BREAKS, Outcome.STAYS_BROKEN}
    yield from (line for text in _troubles(answer.after if broken else ()) for line in paragraph(text, width, indent=4))
    if answer.why:
        yield from paragraph(answer.why, width, indent=4)
    yield from (f"    {line}" for line in answer.measure)
    for text in _changes(answer):
        yield from paragraph(text, width, indent=4)


def _today(answer: Answer) -> str:
    if answer.outcome is Outcome.MENDED and any(each.standing is Standing.BREAKS for each in answer.today):
        return "; broken today"
    standings = {each.standing for each in answer.today}
    return "; whether it works today is not known" if answer.row and standings == {Standing.UNKNOWN} else ""


def _troubles(judgements: Iterable[Judgement]) -> Iterator[str]:
    """Yield each reason once, with its checks and gateways, then the verdicts."""
    reasons: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    causes: dict[str, None] = {}
    for each in judgements:
        for problem in each.problems:
            checks, gateways = reasons.setdefault(problem.expected or problem.reason, ({}, {}))
            checks[f"{problem.status} at {problem.check}"] = None
            gateways[each.gateway] = None
        causes |= dict.fromkeys(each.causes)
    for reason, (checks, gateways) in reasons.items():
        yield f"{', '.join(checks)}: {reason} ({', '.join(gateways)})"
    yield from (f"cause: {cause}" for cause in causes)


def _changes(answer: Answer) -> Iterator[str]:
    needs = f" with {', '.join(answer.needs)}" if answer.needs else ""
    if answer.instead:
        when = "works today, too: change it first" if answer.instead.today else "change it together with the gateway"
        yield f"instead: {_named(answer.instead.row)}{needs} will work; {when}"
    elif needs and answer.outcome in {Outcome.WORKS, Outcome.MENDED}:
        yield f"was measured{needs} beside it"


def _named(row: Row) -> str:
    return f"{row.distribution} {row.version}"


def _unseen(upgrade: Upgrade) -> Iterator[str]:
    """Which packages nobody could look up, each reason once."""
    reasons: dict[str, list[str]] = {}
    for name, why in upgrade.unseen.items():
        reasons.setdefault(why, []).append(name)
    for why, names in reasons.items():
        yield f"Could not be looked up, so it is not known whether they install a library: {', '.join(names)} ({why})"


def upgrade_document(upgrade: Upgrade) -> dict[str, Any]:
    """The answer as plain JSON data."""
    return {
        "from": list(upgrade.today),
        "to": list(upgrade.after),
        "standing": upgrade.standing,
        "says": headline(upgrade),
        "matrix": upgrade.matrix,
        "not_looked_up": dict(upgrade.unseen),
        "libraries": [_library(answer) for answer in upgrade.answers],
        "ending": list(upgrade.ending),
        "desupport": {name: json_data(notice) for name, notice in upgrade.desupports.items()},
    }


def _library(answer: Answer) -> dict[str, Any]:
    instead = answer.instead
    return {
        "library": answer.library,
        "python": answer.python,
        "row": answer.row.id if answer.row else None,
        "outcome": answer.outcome,
        "counts": answer.counts,
        "why": answer.why or None,
        "measure": list(answer.measure),
        "needs": list(answer.needs),
        "instead": {"row": instead.row.id, "version": instead.row.version, "today": instead.today} if instead else None,
        "today": [judgement_document(each) for each in answer.today],
        "after": [judgement_document(each) for each in answer.after],
    }
