"""Collects what the page shows of an open square: texts, numbers, and what was expected beside what was observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import Verdict
from harness.results.compare.cell_differences import connect_seconds
from harness.shared.status import Status
from harness.views.page.page_table import Shared, Strings
from harness.views.terminal.cell_words import words_of

if TYPE_CHECKING:
    from harness.diagnose.verdict import Diagnosis
    from harness.results.results_model import CellInfo, CheckInfo
    from harness.views.page.page_table import Square
    from harness.views.terminal.cell_words import Rules

Numbers = tuple[int | None, ...]
"""Texts by their numbers."""

_DIGITS = 4
"""Decimal digits of seconds: a tenth of a millisecond."""


class Facts:
    """Makes the records of squares; holds what they share.

    ``stages`` has lists of (check, status, reason, how it compares), ``verdicts`` the verdicts, and ``lists`` lists of
    lines: what was expected and observed, callbacks, installed versions, links.
    """

    def __init__(self, rules: Rules, strings: Strings) -> None:
        self._rules = rules
        self._strings = strings
        self.stages: Shared[tuple[Numbers, ...]] = Shared()
        self.verdicts: Shared[tuple[object, ...]] = Shared()
        self.lists: Shared[tuple[Numbers, ...]] = Shared()

    def of(self, square: Square) -> dict[str, Any]:
        """Return a square's record, without empty values."""
        cell, text = square.info, self._strings.text
        words = words_of(cell, self._rules)
        record = {
            "id": square.cell,
            "row": square.row,
            "column": square.column,
            "status": text(cell.status),
            "stage": text(cell.stage),
            "fault": text(cell.fault),
            "expected": text(cell.expected.verdict),
            "standing": text(words.standing),
            "reason": text(cell.reason),
            "also": self._texts(words.also),
            "verdict": self.verdict(cell.diagnosis),
            "verdicts": self._verdicts(cell),
            "stages": self._stages(cell),
            "seconds": [round(check.seconds, _DIGITS) for check in cell.checks],
            "connect": _rounded(connect_seconds(cell)),
            "observed": self._table(observed(cell)),
            "notices": self._table([(str(each.code), _request(each.req_id), each.message) for each in cell.notices]),
            "links": self._table(self._links(cell)),
            "library": self._texts(_library(cell)),
            "process": text(_process(cell)),
            "logged": cell.log_records,
            "files": self._texts([file.rpartition("/")[2] for file in cell.artifacts]),
            "rerun": text(cell.rerun),
        }
        return {name: value for name, value in record.items() if value not in (None, [])}

    def verdict(self, found: Diagnosis | None) -> int | None:
        """Return the number of a verdict: code, title, fault, sureness, meaning, experiment; evidence; steps."""
        if found is None:
            return None
        text = self._strings.text
        words = (found.code, found.title, found.fault, found.sure, found.says, found.decides)
        because, steps = (tuple(map(text, each)) for each in (found.because, found.next))
        return self.verdicts.number((tuple(map(text, words)), because, steps))

    def _verdicts(self, cell: CellInfo) -> list[list[int | None]]:
        """Name each other check that did not pass, by the number of its text, and its verdict."""
        others = (check for check in cell.checks if check.diagnosis is not None and check.name != cell.stage)
        return [[self._strings.text(check.name), self.verdict(check.diagnosis)] for check in others]

    def _stages(self, cell: CellInfo) -> int:
        text = self._strings.text
        return self.stages.number(
            tuple(
                (
                    text(check.name),
                    text(check.status),
                    text(check.reason),
                    text(check.expected.verdict if check.expected else Verdict.AS_EXPECTED),
                )
                for check in cell.checks
            )
        )

    def _links(self, cell: CellInfo) -> list[tuple[str, str]]:
        """The links of the expectations that counted, as far as a browser may follow them."""
        rules = (self._rules[number] for number in cell.expected.rules if number in self._rules)
        return [
            (rule.reason, rule.link) for rule in rules if rule.link and rule.link.startswith(("https://", "http://"))
        ]

    def _texts(self, lines: list[str] | tuple[str, ...]) -> list[int | None]:
        return [self._strings.text(line) for line in lines]

    def _table(self, rows: list[tuple[str, ...]] | list[tuple[str, str]] | list[tuple[str, str, str]]) -> int | None:
        if not rows:
            return None
        return self.lists.number(tuple(tuple(map(self._strings.text, row)) for row in rows))


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, _DIGITS + 2)


def _request(req_id: int) -> str:
    return str(req_id) if req_id >= 0 else ""


def _library(cell: CellInfo) -> list[str]:
    asked = f"asked for {', '.join(cell.requested.requirements)} on Python {cell.python}"
    found = cell.resolved
    if found is None:
        return [asked, "nothing was installed"]
    said = found.module_version
    of_itself = f", which reports version {said}" if said not in {None, found.version} else ""
    others = ", ".join(f"{name} {version}" for name, version in found.requirements.items())
    got = f"installed {found.distribution} {found.version}{of_itself}, on Python {found.python}"
    return [asked, got, f"with {others}"] if others else [asked, got]


def _process(cell: CellInfo) -> str:
    used = [
        f"client id {cell.client_id}",
        f"{cell.seconds:.2f} s in total",
        "" if cell.cpu_seconds is None else f"{cell.cpu_seconds:.3f} s of CPU time",
        "" if cell.max_rss_bytes is None else f"{cell.max_rss_bytes / 2**20:.0f} MiB",
        "" if cell.exit_code is None else f"exit code {cell.exit_code}",
    ]
    return ", ".join(filter(None, used))


_QUIET = frozenset({Status.PASS, Status.SKIPPED, Status.UNSUPPORTED})


def observed(cell: CellInfo) -> list[tuple[str, str, str]]:
    """Return tuples of a subject, its expected value, and its observed value."""
    return [*_versions(cell), *(line for check in cell.checks for line in _of_check(check))]


def _versions(cell: CellInfo) -> Iterator[tuple[str, str, str]]:
    predicted, negotiated = ("none" if each is None else str(each) for each in (cell.predicted, cell.negotiated))
    speaks = f"{cell.client_range.min} to {cell.client_range.max}" if cell.client_range else "an unknown range"
    gateway = "an unknown version" if cell.gateway_max is None else str(cell.gateway_max)
    if cell.status is not Status.SKIPPED:
        why = f"{predicted} (the client speaks {speaks}, the gateway up to {gateway})"
        yield "server version", why, negotiated


def _of_check(check: CheckInfo) -> Iterator[tuple[str, str, str]]:
    """Yield a check's status, if it is not simply a pass, then each value that differs from the truth."""
    expected = check.expected
    if expected is not None or check.status not in _QUIET:
        statuses = " or ".join(expected.status) if expected else "pass"
        rule = f", by [[expect]] {expected.rule}" if expected and expected.rule is not None else ""
        yield check.name, f"{statuses}{rule}", str(check.status)
    for what, right, got in _differences(check.detail):
        yield (f"{check.name}: {what}", right, got) if what else (check.name, "the truth", got)


def _differences(detail: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what differs, what it should be, and what was read.

    Older results have the differences in words only. If the list was cut off, words say so.
    """
    parts, words = detail.get("parts"), detail.get("differences")
    known = isinstance(parts, list) and any(isinstance(part, dict) for part in parts)
    for each in parts if known and isinstance(parts, list) else words if isinstance(words, list) else ():
        yield _parts(each) if isinstance(each, dict) else ("", "", str(each))


def _parts(part: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the row of one difference; if nobody knows the right value, it shows who read what."""
    what = ": ".join(str(part[name]) for name in ("where", "field") if name in part)
    read = (f"{voice['value']} read by {', '.join(voice['by'])}" for voice in part.get("read", ()))
    return what, str(part.get("expected", "; ".join(read))), str(part.get("got", ""))
