"""A plan split into shards: every cell once, what must stay together together, and all shards alike in time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.plan_model import Plan
from harness.plan.shard import parse_shard, shard_plan
from harness.shared.errors import UsageError
from tests.plan.making import LOGINS, OTHER, REAL, SIMULATED, planned


def shards(plan: Plan, of: int, times: dict[str, float] | None = None) -> list[Plan]:
    return [shard_plan(plan, index, of, times or {}) for index in range(1, of + 1)]


@given(
    of=st.integers(1, 7),
    seconds=st.lists(st.floats(0, 100), min_size=20, max_size=20),
    known=st.sets(st.integers(0, 19)),
    skip=st.frozensets(st.integers(0, 19), max_size=3),
)
def test_each_cell_is_in_one_shard_and_in_the_others_absent(
    of: int, seconds: list[float], known: set[int], skip: frozenset[int]
) -> None:
    plan = planned(SIMULATED, OTHER, REAL, *LOGINS, skip=skip)
    times = {plan.cells[number].id: seconds[number] for number in known}

    parts = shards(plan, of, times)

    assert sorted(cell.id for part in parts for cell in part.cells) == sorted(cell.id for cell in plan.cells)
    for index, part in enumerate(parts, start=1):
        assert part.asked
        assert [cell for cell in plan.cells if cell in part.cells] == list(part.cells)
        where = {cell.id: cell.reason for cell in part.absent}
        for number, other in enumerate(parts, start=1):
            if number != index:
                assert all(where[cell.id] == f"in another shard ({number}/{of})" for cell in other.cells)


@given(of=st.integers(1, 4), seconds=st.lists(st.floats(0, 100), min_size=20, max_size=20))
def test_what_somebody_else_runs_and_one_login_stay_together(of: int, seconds: list[float]) -> None:
    plan = planned(SIMULATED, OTHER, REAL, *LOGINS)

    parts = shards(plan, of, {cell.id: took for cell, took in zip(plan.cells, seconds, strict=True)})

    for together in ({REAL.name}, {each.name for each in LOGINS}):
        assert sum(any(cell.gateway.name in together for cell in part.cells) for part in parts) == 1


@given(of=st.integers(1, 8), seconds=st.lists(st.floats(0.1, 100), min_size=8, max_size=8))
def test_no_shard_waits_longer_for_another_than_the_longest_cell_takes(of: int, seconds: list[float]) -> None:
    plan = planned(SIMULATED, OTHER)
    times = {cell.id: took for cell, took in zip(plan.cells, seconds, strict=True)}

    loads = [sum(times[cell.id] for cell in part.cells) for part in shards(plan, of, times)]

    assert max(loads) - min(loads) <= max(seconds) + 1e-9


def test_the_longest_cell_is_alone_where_the_others_together_take_less() -> None:
    plan = planned(SIMULATED)
    long = plan.cells[2].id

    first, _ = shards(plan, 2, {cell.id: 9.0 if cell.id == long else 1.0 for cell in plan.cells})

    assert [cell.id for cell in first.cells] == [long]


def test_a_cell_that_was_never_measured_counts_as_the_mean_of_the_others() -> None:
    plan = planned(SIMULATED)
    first, second, third, fourth = (cell.id for cell in plan.cells)

    parts = shards(plan, 2, {first: 4.0, second: 2.0, third: 6.0})

    assert {frozenset(cell.id for cell in part.cells) for part in parts} == {
        frozenset({third, second}),
        frozenset({fourth, first}),
    }


def test_a_shard_knows_which_it_is_and_the_whole() -> None:
    plan = planned(SIMULATED)

    shard = shard_plan(plan, 2, 3, {}).shard

    assert shard is not None
    assert (str(shard), shard.whole) == ("2/3", plan)


def test_more_shards_than_there_is_to_split_are_refused_by_every_shard() -> None:
    plan = planned(REAL, skip=frozenset())

    for index in (1, 2):
        with pytest.raises(UsageError, match="only 1 part") as caught:
            shard_plan(plan, index, 2, {})
        assert "one login" in caught.value.hint


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "3/0", "a/b", "3/8/2", "-1/8"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="as 3/8"):
        parse_shard(text)


def test_a_shard_is_read() -> None:
    assert parse_shard("3/8") == (3, 8)
