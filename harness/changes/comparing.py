"""Compares what two versions saw in one situation, and joins the same change of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness.changes.change import Change, Group, Observation, headings
from harness.situations.situation import About, Situation

NOTHING = "nothing"
"""In place of a log record that a version does not write."""

_RAISES = "raises "


def compared(situation: Situation, before: Sequence[Observation], after: Sequence[Observation]) -> Iterator[Change]:
    """Yield what is not alike in a situation.

    What only one version says has no counterpart, and is no change by itself: a field that is new, or what comes after
    an exception.
    """
    first, second = (_by_words(each) for each in (before, after))
    for what, seen in first.items():
        if what in second and (group := _group(seen, second[what])) is not None:
            both = [_said(each, group) for each in (seen, second[what])]
            if both[0] == both[1]:  # another kind of thing, in the same words
                both = [f"{each.kind}: {said}" for each, said in zip((seen, second[what]), both, strict=True)]
            yield Change(group=group, what=what, before=both[0], after=both[1], situations=(situation.name,))
    yield from _logged(situation, before, after)


def _by_words(seen: Iterable[Observation]) -> dict[str, Observation]:
    """Return what was seen by its words; what has the same words several times is counted."""
    found: dict[str, Observation] = {}
    times: Counter[str] = Counter()
    for each in seen:
        if each.kind != Group.LOG:
            times[each.what] += 1
            found[each.what if times[each.what] == 1 else f"{each.what} ({times[each.what]})"] = each
    return found


def _group(before: Observation, after: Observation) -> Group | None:
    if before == after:
        return None
    if before.kind == after.kind == Group.EXCEPTION and before.type == after.type:
        return Group.WORDING
    for kind in (Group.PENDING, Group.EXCEPTION, Group.EVENT):
        if kind in {before.kind, after.kind}:
            return kind
    if before.value == after.value:
        return Group.TYPE
    return Group.DEFAULT if before.kind == Group.DEFAULT else Group.VALUE


def _said(seen: Observation, group: Group) -> str:
    match seen.kind:
        case Group.EXCEPTION:
            return f"{_RAISES}{seen.type}: {seen.value}" if seen.value else f"{_RAISES}{seen.type}"
        case Group.VALUE | Group.DEFAULT if group is Group.TYPE:
            return seen.type
        case _:
            return seen.value


def _logged(situation: Situation, before: Sequence[Observation], after: Sequence[Observation]) -> Iterator[Change]:
    """Yield the log records that only one version writes, in their order; how often is not compared."""
    first, second = ({each.value: each.what for each in seen if each.kind == Group.LOG} for seen in (before, after))
    for text in (*first, *(text for text in second if text not in first)):
        levels = first.get(text), second.get(text)
        if levels[0] != levels[1]:
            old, new = (f"{level}: {text}" if level else NOTHING for level in levels)
            yield Change(group=Group.LOG, what="a log record", before=old, after=new, situations=(situation.name,))


def ranked(changes: Iterable[Change], situations: Sequence[Situation]) -> tuple[Change, ...]:
    """Return changes with the same one of several situations joined, worst first."""
    joined: dict[tuple[str, ...], Change] = {}
    for each in changes:
        key = (each.group, each.what, each.before, each.after)
        known = joined.get(key)
        joined[key] = replace(known, situations=(*known.situations, *each.situations)) if known else each
    about = {situation.name: list(About).index(situation.about) for situation in situations}
    groups = list(headings())

    raising = {change.situations[0] for change in joined.values() if change.after.startswith(_RAISES)}

    def rank(change: Change) -> tuple[int, bool, int, str]:
        first = change.situations[0]
        calm = change.group is Group.EXCEPTION and first not in raising
        return groups.index(change.group), calm, about.get(first, len(About)), first

    return tuple(sorted(joined.values(), key=rank))
