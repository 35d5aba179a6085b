"""Verdicts and notices as the results have them: masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.results.results_model import DiagnosisInfo, NoticeInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.diagnose.verdict import Verdict
    from harness.shared.evidence import Notice
    from harness.shared.mask import Masker


def diagnosis_info(verdict: Verdict | None, masker: Masker) -> DiagnosisInfo | None:
    """Return a verdict as the results have it."""
    if verdict is None:
        return None
    return DiagnosisInfo(
        code=verdict.code,
        title=masker.text(verdict.title),
        fault=verdict.fault,
        sure=verdict.sure,
        usable=verdict.usable,
        says=masker.text(verdict.says),
        because=[masker.text(sentence) for sentence in verdict.because],
        decides=masker.optional(verdict.decides),
        next=[masker.text(step) for step in verdict.next],
    )


def notice_infos(notices: Iterable[Notice], masker: Masker) -> list[NoticeInfo]:
    """Error callbacks as the results have them, masked."""
    return [
        NoticeInfo(code=notice.code, message=masker.text(notice.message), req_id=notice.req_id) for notice in notices
    ]
