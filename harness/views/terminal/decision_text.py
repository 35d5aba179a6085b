"""Shared by the pages of decisions: proofs with their age, the end of support, and judgements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.results.results_json import json_data
from harness.shared.amounts import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from harness.results.decide.row_judging import Judgement
    from harness.results.results_model import DesupportInfo


def proofs(judgements: Iterable[Judgement], now: datetime) -> Iterator[str]:
    """A line for each run that the answers come from, the newest first: when, how old, and what it asked."""
    runs: dict[str, set[str]] = {}
    ended: dict[str, datetime] = {}
    for each in judgements:
        if each.run and each.ended:
            runs.setdefault(each.run, set()).add(_asked(each))
            ended[each.run] = each.ended
    for run in sorted(runs, reverse=True):
        kinds = ", ".join(sorted(runs[run]))
        yield f"run {run} of {ended[run]:%Y-%m-%d} ({age(ended[run], now)}), {kinds}"


_KINDS = {
    "simulator": "simulated gateways",
    "address": "real gateways at their addresses",
    "docker": "real gateways in containers",
    "replay": "recorded gateways",
}


def _asked(judgement: Judgement) -> str:
    """Return which gateways were asked; each recording is named by its day, since it is evidence of that day."""
    recorded = judgement.recorded
    if recorded is None:
        return _KINDS.get(judgement.kind or "", judgement.kind or "")
    build = f", {recorded.build}" if recorded.build else ""
    return f"recorded on {recorded.began:%Y-%m-%d} of {recorded.origin.words}{build}, replayed"


def age(then: datetime, now: datetime) -> str:
    """How long ago, in days."""
    days = (now.date() - then.date()).days
    return "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"


def desupport_line(name: str, notice: DesupportInfo, today: date) -> str:
    """Return until when a gateway can be used, the source, and how many days are left."""
    left = (type(today).fromisoformat(notice.date) - today).days
    days = f"in {counted(left, 'day')}" if left > 0 else "today" if left == 0 else f"{counted(-left, 'day')} ago"
    source = f" (source: {notice.source}; seen {notice.seen})" if notice.source else ""
    return f"{name}: stops working on {notice.date} ({days}); {notice.minimum} or newer works then{source}"


def judgement_document(each: Judgement) -> dict[str, object]:
    """One cell as plain JSON data."""
    return {
        "cell": each.cell,
        "gateway": each.gateway,
        "standing": each.standing,
        "why": each.why or None,
        "problems": [
            {"check": one.check, "status": one.status, "reason": one.reason, "expected": one.expected}
            for one in each.problems
        ],
        "causes": list(each.causes),
        "unsupported": list(each.predicted),
        "run": each.run,
        "ended": each.ended.isoformat() if each.ended else None,
        "kind": each.kind,
        "recorded": json_data(each.recorded) if each.recorded else None,
    }
