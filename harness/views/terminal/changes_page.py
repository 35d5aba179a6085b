"""Draws the answer of ``ib-compat changes`` for a terminal and as Markdown, and gives it as data."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any

from harness.changes.change import DEFAULT_GATEWAY, SIGNATURES, headings
from harness.shared.amounts import counted
from harness.views.terminal.style import paragraph, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness.changes.change import Change, Changes
    from harness.views.terminal.style import Style

_MOST = 300
"""Letters of an observation that are shown; JSON has all."""

_CONTEXT = 60
"""Letters that are shown before the first one that differs, of observations that are cut."""

_SHOWN_IN = 4
"""Situations that are named for one change."""

_MARKDOWN_WIDTH = 145


@dataclass(frozen=True, slots=True)
class _Part:
    """What of one group one situation shows: the words of each change, those with the same observations together."""

    situation: str
    does: str
    command: str
    rows: tuple[tuple[str, tuple[str, str], tuple[str, ...]], ...]


NOBODY: Mapping[Change, str] = {}
"""Where the changes concern somebody's code, if nobody's was looked at."""


def _parts(found: Changes, places: Mapping[Change, str]) -> Iterator[tuple[str, list[_Part]]]:
    """Yield the heading of each group with its parts."""
    does = {each.name: each.does for each in found.played}
    for group, changes in groupby(found.changes, key=lambda each: each.group):
        parts = []
        for name, several in groupby(changes, key=lambda each: each.situations[0]):
            rows: dict[tuple[str, str], list[Change]] = {}
            for change in several:
                rows.setdefault((change.before, change.after), []).append(change)
            drawn = tuple((_words(same, places), _brief(pair), _others(same)) for pair, same in rows.items())
            parts.append(_Part(name, does.get(name, "What the source of both says."), _command(found, name), drawn))
        yield headings()[group], parts


def _words(same: list[Change], places: Mapping[Change, str]) -> str:
    """Return the words of changes with the same observations, and where they concern somebody's code."""
    where = dict.fromkeys(places[each] for each in same if each in places)
    return "; ".join((*(each.what for each in same), *where))


def _others(same: list[Change]) -> tuple[str, ...]:
    return same[0].situations[1:]


def draw_changes(found: Changes, *, width: int, style: Style, places: Mapping[Change, str] = NOBODY) -> str:
    """All changes, worst first, each with both observations and the command that shows it.

    Args:
        found: what changes.
        width: of the terminal.
        style: of the stream.
        places: where each concerns somebody's code.
    """
    lines = [
        line for text in (_title(found), _sum(found), packages_of(found)) for line in paragraph(text, width) if text
    ]
    for heading, parts in _parts(found, places):
        lines += ["", heading]
        for part in parts:
            lines += ["", *paragraph(part.does, width, indent=2, hanging=0), f"  {part.command}"]
            for what, seen, others in part.rows:
                lines += paragraph(what, width, indent=4)
                for name, text in zip(_names(found), seen, strict=True):
                    lines += paragraph(f"{name}: {text}", width, indent=6)
                if others:
                    lines += paragraph(f"also in {_several(others)}", width, indent=6)
    for each in found.not_known:
        said = f"Not known: {each.situation} with {each.library}: {each.reason}"
        lines += ["", *paragraph(said, width)]
    return "\n".join(style.plain(line) for line in lines)


def markdown_of(found: Changes, places: Mapping[Change, str] = NOBODY) -> str:
    """The same in GitHub's Markdown, for a pull request."""
    lines = [f"## {found.before} → {found.after}", "", *_filled(f"{_title(found)}. {_sum(found)}", "")]
    if packages := packages_of(found):
        lines += ["", *_filled(packages, "")]
    for heading, parts in _parts(found, places):
        lines += ["", f"### {heading}"]
        for part in parts:
            lines += ["", *_filled(part.does, ""), f"`{part.command}`", ""]
            for what, seen, others in part.rows:
                lines += _filled(f"- {_escaped(what)}", "  ")
                for name, text in zip(_names(found), seen, strict=True):
                    lines += _filled(f"  - {name}: {_code(text)}", "    ")
                if others:
                    lines += _filled(f"  - also in {_several(others, _code)}", "    ")
    if found.not_known:
        lines += ["", "### Not known", ""]
        for each in found.not_known:
            lines += _filled(f"- {_code(each.situation)} with {each.library}: {_code(each.reason)}", "  ")
    return "\n".join(lines) + "\n"


def _title(found: Changes) -> str:
    first, second = found.pythons
    python = f"Python {first}" if first == second else f"Python {first} and {second}"
    one, other = found.gateways
    gateway = f"a simulated {one}" if one == other else f"simulated {one} and {other}"
    return f"{found.before} → {found.after}, {python}, at {gateway}"


def _sum(found: Changes) -> str:
    every = *found.changes, *found.of_no_concern
    with_changes = {name for change in every for name in change.situations} - {SIGNATURES}
    lost = {each.situation for each in found.not_known}
    alike = len(found.played) - len(with_changes | lost)
    said = f"{counted(len(found.played), 'situation')}: {counted(len(every), 'change')}"
    said += f", {len(with_changes)} with changes, {alike} alike"
    said += f", {len(lost)} not known." if lost else "."
    if found.of_no_concern:
        said += f" Only what concerns your code is told: {counted(len(found.changes), 'change')}."
    return said


def packages_of(found: Changes) -> str:
    """Say what is installed with only one of both; empty if that is nothing."""
    each = [f"{name} has {' and '.join(has)}" for name, has in zip(_names(found), found.packages, strict=True) if has]
    return f"Not installed with both: {', '.join(each)}. A change may be theirs." if each else ""


def _names(found: Changes) -> tuple[str, str]:
    """Return short names: the versions alone if the library is the same."""
    (first, _, one), (second, _, other) = found.before.partition("=="), found.after.partition("==")
    if found.before == found.after:
        return found.gateways if len(set(found.gateways)) > 1 else (f"py{found.pythons[0]}", f"py{found.pythons[1]}")
    return (one, other) if first == second else (f"{first} {one}", f"{second} {other}")


def _command(found: Changes, situation: str) -> str:
    sides = zip((found.before, found.after), found.pythons, strict=True)
    both = " ".join(library if len(set(found.pythons)) == 1 else f"{library}/py{on}" for library, on in sides)
    at = dict.fromkeys(found.gateways)
    gateways = "" if [*at] == [DEFAULT_GATEWAY] else "".join(f" --gateway {name}" for name in at)
    return f"ib-compat changes {both}{gateways} --situation {situation}"


def _several(names: tuple[str, ...], drawn: Callable[[str], str] = str) -> str:
    more = f" and {len(names) - _SHOWN_IN} more" if len(names) > _SHOWN_IN else ""
    return ", ".join(map(drawn, names[:_SHOWN_IN])) + more


def _brief(pair: tuple[str, str]) -> tuple[str, str]:
    """Return both observations, the long ones cut around the first letter that differs."""
    both = printable(pair[0]), printable(pair[1])
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*both, strict=False)))
    begin = max(0, alike - _CONTEXT) if max(map(len, both)) > _MOST else 0
    first, second = (
        f"{'…' if begin else ''}{text[begin : begin + _MOST]}{'…' if len(text) > begin + _MOST else ''}"
        for text in both
    )
    return first, second


def _filled(text: str, hanging: str) -> list[str]:
    return textwrap.wrap(
        text, _MARKDOWN_WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def _code(text: str) -> str:
    """Return a code span, whatever backticks a library writes."""
    flat = " ".join(text.split())
    return f"`` {flat} ``" if "`" in flat else f"`{flat}`"


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\`*_<>|[]" else letter for letter in text)


def changes_document(found: Changes, places: Mapping[Change, str] = NOBODY) -> dict[str, Any]:
    """Return the answer as plain JSON data."""
    return {
        "before": _side(found, 0),
        "after": _side(found, 1),
        "situations": [each.name for each in found.played],
        "changes": [
            {**asdict(each), "command": _command(found, each.situations[0]), "code": places.get(each, "")}
            for each in found.changes
        ],
        "not_known": [asdict(each) for each in found.not_known],
    }


def _side(found: Changes, number: int) -> dict[str, Any]:
    return {
        "library": (found.before, found.after)[number],
        "python": found.pythons[number],
        "gateway": found.gateways[number],
        "packages": list(found.packages[number]),
    }
