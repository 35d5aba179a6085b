"""Draws the page of ``ib-compat doctor``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.diagnose.gateway_settings import notes
from harness.diagnose.host import document as host_document
from harness.diagnose.rule_words import PRODUCTS
from harness.known.gateway_versions import versions_of
from harness.shared.amounts import duration
from harness.shared.hosts import written
from harness.shared.status import Status
from harness.views.terminal.doctor_sentences import (
    answered,
    asked_lines,
    called,
    cells_of,
    declared_line,
    headline,
    host_lines,
    outcome,
    row_lines,
    said,
    settings_lines,
)
from harness.views.terminal.style import beside, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.doctor.examine import Examination
    from harness.doctor.health_checks import Judged
    from harness.results.results_model import Results
    from harness.shared.evidence import ProbeRecord
    from harness.shared.mask import Masker
    from harness.views.terminal.style import Style

_STAGES = ("tcp", "version", "ready")
_LOG_LINES = 12


def draw_examination(seen: Examination, rows: Results | None = None, *, width: int, style: Style) -> str:
    """The page of one gateway, for a terminal of ``width`` characters; account numbers are masked.

    Args:
        seen: what was seen of the gateway.
        rows: the results of the libraries, if they were asked.
        width: the width of the terminal in characters.
        style: what the terminal can show.
    """
    return "\n".join(style.plain(seen.masker.text(printable(line))) for line in _lines(seen, rows, width, style))


def _lines(seen: Examination, rows: Results | None, width: int, style: Style) -> Iterator[str]:
    def told(*sentences: str) -> Iterator[str]:
        """Yield paragraphs, masked before they are wrapped, because wrapping may split bytes in hex."""
        for sentence in sentences:
            yield from wrapped(seen.masker.text(printable(sentence)), width)

    found, verdict = seen.case.found, seen.verdict
    yield _title(seen)
    yield from beside("connect", _stages(found.plain, seen.masker, style, width))
    yield from beside("answered", told(answered(found.plain)) if found.plain.passed else [])
    yield from beside("version", told(*called(seen)))
    yield from beside("said", told(*said(found.plain)))
    yield from beside("asked", told(*asked_lines(found.plain)))
    yield from beside("settings", told(*settings_lines(found.plain, seen.subject.clients)))
    yield from beside("tried", told(*(f"{each.when}: {outcome(each)}" for each in found.attempts[1:])))
    yield from beside(
        "host", told(*host_lines(seen.view, seen.case.port, seen.at, told=found.plain.settings is not None))
    )
    yield from beside("log", [f"{line.file}: {line.text}" for line in seen.view.logs[-_LOG_LINES:]])
    yield from beside("unseen", told(*seen.view.unseen))
    yield from beside("declared", told(declared_line(seen)) if seen.case.declared else [])
    yield from beside("libraries", told(*row_lines(cells_of(seen, rows), style)))
    yield ""
    yield from beside("verdict", told(headline(seen), verdict.says))
    yield from beside("because", told(*verdict.because))
    yield from beside("decides", told(verdict.decides) if verdict.decides else [])
    yield from beside("next", _numbered(verdict.next, width))


def draw_checks(judged: Iterable[Judged], *, width: int) -> Iterator[str]:
    """Yield a page of health checks and what they are worth, if there are any."""
    sentences = [f"{each.service}: `{each.command}` is {each.judged}: {each.says}." for each in judged]
    lines = [line for sentence in sentences for line in wrapped(printable(sentence), width)]
    if lines:
        yield "\n".join(beside("checks", lines))


def _title(seen: Examination) -> str:
    address = written(seen.subject.host, seen.subject.port)
    words = [seen.subject.name, *([address] if address != seen.subject.name else [])]
    return " · ".join([*words, PRODUCTS.get(seen.subject.product or "", "Gateway or TWS")])


def _stages(plain: ProbeRecord, masker: Masker, style: Style, width: int) -> Iterator[str]:
    for stage in _STAGES:
        seconds = plain.seconds.get(stage)
        failed = stage == plain.stage
        status = Status.FAIL if failed else (Status.PASS if seconds is not None else Status.SKIPPED)
        if failed:
            words = masker.text(printable(plain.reason or str(plain.ended)))
        else:
            words = duration(seconds) if seconds is not None else "not reached"
        yield from _hanging(f"{style.glyph(status)} {stage:<8} ", words, width)


def _numbered(steps: tuple[str, ...], width: int) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        yield from _hanging(f"{number}. ", step, width)


def _hanging(mark: str, text: str, width: int) -> Iterator[str]:
    """Yield a paragraph after its mark, indented so that nothing is below the mark."""
    first, *rest = wrapped(text, width - len(mark))
    yield mark + first
    yield from (" " * len(mark) + line for line in rest)


def document(seen: Examination) -> dict[str, Any]:
    """The same as plain JSON data; account numbers are masked."""
    found = seen.case.found
    whole = {
        "name": seen.subject.name,
        "host": seen.subject.host,
        "port": seen.subject.port,
        "product": seen.subject.product,
        "called": seen.subject.called,
        "known_as": versions_of(found.plain.server_version or 0),
        "seconds": round(seen.seconds, 3),
        "verdict": {**asdict(seen.verdict), "expected": seen.subject.expected},
        "speaks": found.speaks,
        "highest_answered": found.highest_answered,
        "asked": {each.request: each.answer for each in found.plain.asked},
        "unasked": found.plain.unasked,
        "api_settings": None if found.plain.settings is None else asdict(found.plain.settings),
        "notes": [asdict(each) for each in notes(found.plain.settings, seen.subject.clients)],
        "attempts": [_attempt(each, seen.masker) for each in found.attempts],
        "host_view": host_document(seen.view),
        "declared": dict(seen.case.declared),
    }
    return {key: seen.masker.whole(value) for key, value in whole.items()}


def _attempt(attempt: ProbeRecord, masker: Masker) -> dict[str, Any]:
    """Return an attempt; what its first bytes spell is masked before they become hex."""
    spelt = masker.text(attempt.first_bytes.decode("latin-1"))
    return {**asdict(attempt), "first_bytes": spelt.encode("latin-1", "replace").hex(" ")}
