"""Draws the answer of ``ib-compat versions``, and gives it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.shared.amounts import counted
from harness.shared.status import Status
from harness.views.terminal.style import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.results.decide.package_index import Freshness, Release
    from harness.views.terminal.style import Style


def draw_freshness(found: Sequence[Freshness], *, index: str, matrix: str, width: int, style: Style) -> str:
    """Each package: what is newer, what was withdrawn, and what else the matrix lacks."""
    lines = [f"{matrix}, against {index}", ""]
    for each in found:
        status = Status.PASS if each.fresh else Status.FAIL if each.withdrawn or each.missing else Status.DEGRADED
        pinned = ", ".join(map(str, each.pinned)) or "nothing"
        follows = " and the latest" if each.follows else ""
        lines.append(f"{style.paint(style.glyph(status), status)} {each.distribution}: pinned {pinned}{follows}")
        lines.extend(line for text in _remarks(each) for line in paragraph(text, width, indent=4))
    stale = sum(not each.fresh for each in found)
    told = (
        "every pin is current."
        if not stale
        else f"{stale} of {counted(len(found), 'package')} {'needs' if stale == 1 else 'need'} attention."
    )
    return "\n".join(style.plain(line) for line in [*lines, "", told])


def _remarks(each: Freshness) -> Iterator[str]:
    for release in each.withdrawn:
        reason = f": {release.withdrawn}" if release.withdrawn else ", without a reason"
        yield f"withdrawn: {release.version}{_since(release)}{reason}"
    for version in each.missing:
        yield f"missing: {version}; the index does not have this version, or no longer has it"
    if each.newer:
        yield f"newer: {', '.join(f'{release.version}{_since(release)}' for release in reversed(each.newer))}"
        if not each.follows:
            yield f'add: versions = ["{each.newer[-1].version}", …] in its [[library]]'
    between = [release for release in each.older if release.version > each.pinned[0]]
    if each.older:
        names = [str(release.version) for release in reversed(between)]
        if older := len(each.older) - len(between):
            names.append(f"{older} older than all that are pinned")
        yield f"the matrix also lacks: {', '.join(names)}"


def _since(release: Release) -> str:
    return f" ({release.uploaded})" if release.uploaded else ""


def freshness_document(found: Sequence[Freshness], *, index: str, matrix: str) -> dict[str, Any]:
    """The answer as plain JSON data."""
    return {
        "index": index,
        "matrix": matrix,
        "packages": [
            {
                "distribution": each.distribution,
                "fresh": each.fresh,
                "follows_latest": each.follows,
                "pinned": list(map(str, each.pinned)),
                "newer": [_release(release) for release in each.newer],
                "older": [_release(release) for release in each.older],
                "withdrawn": [_release(release) for release in each.withdrawn],
                "missing": list(map(str, each.missing)),
            }
            for each in found
        ],
    }


def _release(release: Release) -> dict[str, str | None]:
    return {"version": str(release.version), "uploaded": release.uploaded, "withdrawn": release.withdrawn}
