"""Decides whether a program does at one gateway what it does at another.

It runs at the gateway of today twice, at the other once, with the same truth and at the same time. What differs between
the first two runs tells nothing. If anything else differs, it runs twice more at each, and only what differs in all
pairs of runs is the answer: by chance, a program may do twice the same, and then something else. What one cannot know
is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from harness.programs.asked import Notice
from harness.programs.difference import Difference, Kind
from harness.programs.differences import also_in, differences, without_noise
from harness.programs.expected import Expected
from harness.programs.observed import Note, only_in
from harness.programs.program import Ran
from harness.shared.status import Finding

_UNSTEADY = frozenset({Kind.END, Kind.CONTACT})

_ANYTHING_WITHOUT_FAILURE = Expected()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether a program does the same at two gateways.

    Args:
        finding: the answer.
        today: the run at the gateway that it runs at today.
        then: the run at the other.
        found: what it does differently there.
        noise: what differs even between two runs at today's.
        noise_then: what differs even between two runs at the other.
        unmet: what is not as its user expects, at today's already.
        only_then: what was noted in the program with the other alone, in all of its runs. It decides nothing.
        only_today: what was noted with today's alone.
    """

    finding: Finding
    today: Ran
    then: Ran
    found: tuple[Difference, ...] = ()
    noise: tuple[Difference, ...] = ()
    noise_then: tuple[Difference, ...] = ()
    unmet: tuple[str, ...] = ()
    only_then: tuple[Note, ...] = ()
    only_today: tuple[Note, ...] = ()

    @property
    def same_wire(self) -> bool:
        """Whether it negotiates one version, and the same one, with both: then the protocol does not change for it."""
        return len(self.today.spoken) == 1 and self.today.spoken == self.then.spoken

    @property
    def notices(self) -> tuple[tuple[Notice, str], ...]:
        """The notices that only one of the gateways sent, with its side; what a program makes of them is its own."""
        one, other = self.today.asked.notices, self.then.asked.notices
        return (
            *((each, self.today.side) for each in sorted(one - other)),
            *((each, self.then.side) for each in sorted(other - one)),
        )

    @property
    def unsteady(self) -> tuple[tuple[Difference, str], ...]:
        """What makes it unsteady, with the side of which two runs differ in that."""
        both = ((self.noise, self.today.side), (self.noise_then, self.then.side))
        return tuple((each, side) for noise, side in both for each in noise if each.kind in _UNSTEADY)

    @property
    def lacks(self) -> tuple[str, ...]:
        """The requests that are not simulated, or not in the recording."""
        return tuple(sorted(self.today.asked.lacks | self.then.asked.lacks))


def decide(today: Sequence[Ran], then: Sequence[Ran], expected: Expected = _ANYTHING_WITHOUT_FAILURE) -> Answer:
    """Return whether a program does at another gateway what it does today.

    Args:
        today: runs at the gateway of today, two at least.
        then: runs at the other gateway; a second one confirms what differs in the first.
        expected: what its user expects of each run.
    """
    noise, noise_then = _each_once(_between(today)), _each_once(_between(then))
    found = without_noise(differences(today[0], then[0]), noise + noise_then)
    for one, other in product(today, then):
        found = also_in(differences(one, other), found)
    if not _more_lines_than_usual(today, then):
        found = tuple(each for each in found if each.kind is not Kind.OUTPUT)
    unmet = expected.unmet(today[0])
    seen_today, seen_then = [each.observed for each in today], [each.observed for each in then]
    finding = _unusable(today[0], then[0], noise + noise_then) or _usable(today[0], found, fails=bool(unmet))
    return Answer(
        finding=finding,
        today=today[0],
        then=then[0],
        found=found,
        noise=noise,
        noise_then=noise_then,
        unmet=unmet,
        only_then=only_in(seen_then, seen_today),
        only_today=only_in(seen_today, seen_then),
    )


def _more_lines_than_usual(today: Sequence[Ran], then: Sequence[Ran]) -> bool:
    """Return whether more of what it writes differs than from run to run.

    A program that writes names of chance never repeats itself, so nobody can say which of its lines is new.
    """
    usual = max(_lines(differences(one, other)) for one, other in combinations(today, 2))
    return min(_lines(differences(one, other)) for one, other in product(today, then)) > usual


def _lines(found: Iterable[Difference]) -> int:
    return sum(each.kind is Kind.OUTPUT for each in found)


def _between(runs: Sequence[Ran]) -> Iterator[Difference]:
    for other in runs[1:]:
        yield from differences(runs[0], other)


def _each_once(found: Iterable[Difference]) -> tuple[Difference, ...]:
    return tuple({(each.kind, each.where): each for each in found}.values())


def _usable(today: Ran, found: tuple[Difference, ...], *, fails: bool) -> Finding:
    if found:
        return Finding.DIFFERENT
    if today.asked.lacks:
        return Finding.LACKING
    return Finding.FAILS if fails else Finding.SAME


def _unusable(today: Ran, then: Ran, noise: Sequence[Difference]) -> Finding | None:
    """Return why what differs between two runs tells nothing of their gateways; ``None`` if it does."""
    if not today.asked.made_contact and not then.asked.made_contact:
        return Finding.NO_CONTACT
    if any(each.kind in _UNSTEADY for each in noise):
        return Finding.UNSTEADY
    return Finding.LACKING if today.asked.lacks != then.asked.lacks else None
