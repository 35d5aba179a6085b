"""How what two versions saw becomes changes."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from harness.changes.change import Change, Group, Observation
from harness.changes.comparing import NOTHING, compared, ranked
from harness.situations.situation import About, Situation

ORDERS = Situation(about=About.ORDERS, play=lambda _: None, name="an_order")
MARKET = Situation(about=About.MARKET, play=lambda _: None, name="a_quote")

KINDS = ("value", "exception", "event", "pending", "log")
observations = st.lists(
    st.builds(Observation, what=st.sampled_from("abc"), kind=st.sampled_from(KINDS), value=st.text(max_size=3)),
    max_size=8,
)


def value(what: str, text: str, type_: str = "str") -> Observation:
    return Observation(what=what, kind="value", value=text, type=type_)


def raised(what: str, text: str, type_: str = "ValueError") -> Observation:
    return Observation(what=what, kind="exception", value=text, type=type_)


def logged(text: str) -> Observation:
    return Observation(what="WARNING", kind="log", value=text)


def found(before: Iterable[Observation], after: Iterable[Observation]) -> list[Change]:
    return list(compared(ORDERS, list(before), list(after)))


@given(observations)
def test_what_is_the_same_is_no_change(seen: list[Observation]) -> None:
    assert found(seen, seen) == []


@given(observations, observations)
def test_a_change_has_two_observations_that_differ(first: list[Observation], second: list[Observation]) -> None:
    assert all(each.before != each.after for each in found(first, second))


def test_a_value_that_becomes_an_exception_is_one_of_exceptions() -> None:
    (change,) = found([value("call", "1")], [raised("call", "no")])
    assert (change.group, change.before, change.after) == (Group.EXCEPTION, "1", "raises ValueError: no")


def test_another_text_of_the_same_exception_is_a_matter_of_wording() -> None:
    assert [each.group for each in found([raised("call", "no")], [raised("call", "never")])] == [Group.WORDING]
    assert [each.group for each in found([raised("call", "no")], [raised("call", "no", "KeyError")])] == [
        Group.EXCEPTION
    ]


def test_an_equal_value_of_another_type_is_a_matter_of_types() -> None:
    (change,) = found([value("size", "1", "int")], [value("size", "1", "float")])
    assert (change.group, change.before, change.after) == (Group.TYPE, "int", "float")


def test_what_only_one_version_says_is_no_change() -> None:
    """A field that is new, or what comes after an exception."""
    assert found([value("a", "1")], [value("a", "1"), value("a.new", "2")]) == []


def test_a_log_record_that_is_not_written_any_more_is_told_alone() -> None:
    (change,) = found([logged("a"), logged("b"), logged("c")], [logged("a"), logged("c")])
    assert (change.group, change.before, change.after) == (Group.LOG, "WARNING: b", NOTHING)


def test_the_same_change_of_two_situations_is_one() -> None:
    both = [*compared(ORDERS, [logged("a")], []), *compared(MARKET, [logged("a")], [])]
    (change,) = ranked(both, (ORDERS, MARKET))
    assert change.situations == ("an_order", "a_quote")


def test_new_exceptions_come_first_and_orders_before_the_market() -> None:
    changes = [
        *compared(MARKET, [value("1", "a")], [value("1", "b")]),
        *compared(ORDERS, [value("2", "a")], [value("2", "b")]),
        *compared(ORDERS, [raised("3", "a")], [value("3", "b")]),
        *compared(MARKET, [value("4", "a")], [raised("4", "b")]),
    ]
    assert [each.what for each in ranked(changes, (ORDERS, MARKET))] == ["4", "3", "2", "1"]
