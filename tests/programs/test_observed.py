"""What an observer noted is read, joined with what was asked, and compared between runs."""

from __future__ import annotations

import json

import pytest

from harness.programs.asked import Asked
from harness.programs.observed import NOT_OBSERVED, Note, NoteKind, Observed, only_in, read_notes
from tests.programs.ran import ran, request


def line(kind: str, where: str = "", text: str = "", *, at: float = 0.0, count: int = 1) -> str:
    return json.dumps({"kind": kind, "where": where, "text": text, "at": at, "count": count})


def read(*lines: str, asked: Asked | None = None, opened: float = 0.0) -> Observed:
    return read_notes("\n".join(lines), asked or Asked(), opened=opened, plain=lambda text: text)


def logs(text: str) -> Observed:
    return Observed(began=True, notes=(Note(kind=NoteKind.LOG, where="WARNING ib", text=text),))


def test_an_exception_is_told_with_the_request_that_was_sent_last_before_it() -> None:
    asked = ran(request("req_positions", at=1.0), request("req_open_orders", at=3.0)).asked
    (note,) = read(line("began"), line("exception", "a.py:3", "KeyError: 1", at=102.0), asked=asked, opened=100.0).notes
    assert note.after == "req_positions"
    assert "KeyError: 1" in note.words
    assert "req_positions" in note.words


def test_the_count_of_the_end_is_that_of_the_same_note() -> None:
    (note,) = read(line("began"), line("log", "WARNING x", "a"), line("log", "WARNING x", "a", count=7)).notes
    assert note.count == 7


def test_what_is_no_note_is_passed_over() -> None:
    assert read(line("began"), "{", "[]", "null", line("unheard of"), '{"kind": "log"}') == Observed(began=True)


@pytest.mark.parametrize(
    "strange", ['{"kind": "log", "where": "", "text": "", "at": 1, "count": 1e400}', "[" * 200_000]
)
def test_so_is_what_no_observer_writes(strange: str) -> None:
    assert read(line("began"), strange) == Observed(began=True)


def test_without_a_beginning_nothing_was_observed() -> None:
    assert read("") == NOT_OBSERVED
    assert NOT_OBSERVED.words == ("not observed",)


def test_account_numbers_are_masked() -> None:
    (note,) = read(line("began"), line("log", "WARNING x", "no DU1234567 there")).notes
    assert "DU1234567" not in note.words


def test_only_what_all_runs_of_one_side_have_and_none_of_the_other_is_of_that_side() -> None:
    both, one = logs("a"), logs("b")
    assert [note.text for note in only_in([one], [both, both])] == ["b"]
    assert not only_in([one, both], [both])
    assert not only_in([one], [both, one])


def test_another_number_makes_no_other_note() -> None:
    assert not only_in([logs("order 17")], [logs("order 4")])


def test_nothing_is_known_where_one_side_was_not_observed() -> None:
    assert not only_in([logs("a")], [NOT_OBSERVED])
    assert not only_in([logs("a")], [None])
