"""What differs on the wire between two transcripts, and what does not count."""

from __future__ import annotations

import pytest
from hypothesis import given

from harness.shared.mask import Masker
from harness.views.terminal.wire_difference import CONTEXT, document, wire_diff
from harness.wire.message import Message, Sender
from harness.wire.transcript import Transcript
from tests.wire.transcripts import ACCOUNT, ANY_TRANSCRIPT, talk, transcript


def changed(first: Transcript, second: Transcript) -> list[str]:
    return [str(line) for line in wire_diff(first, second).lines if line.mark != " "]


def test_times_and_numbers_that_are_given_out_are_no_difference() -> None:
    first = talk(178, Message("req_executions", {"req_id": 1}))
    second = talk(178, Message("req_executions", {"req_id": 2}), client_id=8, time="11:00:00")
    assert wire_diff(first, second).equal
    assert changed(first, second) == []


def test_a_request_that_only_one_sends_is_marked_with_its_side() -> None:
    positions, orders = Message("req_positions"), Message("req_all_open_orders")
    assert changed(talk(178, positions), talk(178, positions, orders)) == ["+ 1 → req all open orders"]
    assert changed(talk(178, positions, orders), talk(178, positions)) == ["- 1 → req all open orders"]


def test_the_request_id_of_no_request_is_a_difference() -> None:
    """-1 is no number that was given out: it says that an error is of no request."""
    first = talk(178, Message("req_executions", {"req_id": 1}))
    second = talk(178, Message("req_executions", {"req_id": -1}))
    assert len(changed(first, second)) == 2


def test_announced_and_negotiated_versions_are_differences() -> None:
    lines = changed(talk(176), talk(178))
    assert lines[:2] == ["- 1 → hello v100..176", "+ 1 → hello v100..178"]
    assert lines[2:] == ["- 1 ← server version 176 time=…", "+ 1 ← server version 178 time=…"]


def test_what_is_text_in_one_and_protobuf_in_the_other_is_told_by_name() -> None:
    diff = wire_diff(talk(200, Message("req_positions")), talk(213, Message("req_positions")))
    assert diff.encodings == ("text in the first, protobuf in the second: managed accounts, req positions, start api",)
    assert not diff.equal
    back = wire_diff(talk(213, Message("req_positions")), talk(200, Message("req_positions")))
    assert back.encodings == ("protobuf in the first, text in the second: managed accounts, req positions, start api",)


def test_who_spoke_first_is_no_difference() -> None:
    one = talk(178, Message("req_positions"))
    late = [entry for entry in one.entries if getattr(entry, "sender", None) is Sender.GATEWAY]
    other = transcript(*(entry for entry in one.entries if entry not in late), *late)
    assert wire_diff(one, other).equal


def test_a_connection_that_only_one_made_differs_as_a_whole() -> None:
    one, other = talk(178), transcript(*talk(178).entries, *talk(178, connection=2).entries)
    assert {line.connection for line in wire_diff(one, other).lines if line.mark == "+"} == {2}
    assert not any(line.mark == "-" for line in wire_diff(one, other).lines)


def test_only_what_differs_and_what_is_around_it_is_shown_shortened() -> None:
    many = [Message("req_ids")] * 20
    diff = wire_diff(talk(178, *many), talk(178, *many, Message("req_positions")))
    shown = list(diff.shortened())
    assert [line.mark for line in shown] == ["…", *" " * CONTEXT, "+", *" " * CONTEXT]
    assert shown[0].text == "20 lines the same"


@pytest.mark.parametrize("mask", [Masker().text])
def test_accounts_are_masked(mask: Masker) -> None:
    told = document(wire_diff(talk(178), talk(178, Message("req_positions")), mask=mask))  # type: ignore[arg-type]
    assert ACCOUNT not in str(told)
    assert "DU9***01" in str(told)


@given(ANY_TRANSCRIPT)
def test_whatever_was_recorded_is_equal_to_itself(any_transcript: Transcript) -> None:
    diff = wire_diff(any_transcript, any_transcript)
    assert diff.equal
    assert all(line.mark == "…" for line in diff.shortened())
