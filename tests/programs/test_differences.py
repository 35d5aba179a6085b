"""What a program did differently in two runs, and what of it is noise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.programs.asked import Notice, Outcome
from harness.programs.difference import Kind
from harness.programs.differences import differences, without_noise
from harness.programs.program import Ran
from tests.programs.ran import ran, request

ENDED = ran(ended_at=9.0)
DONE, ALONE, ALONE_WITH_1 = (replace(each, end=replace(each.end, done=True)) for each in (ENDED, ran(), ran(code=1)))
POSITIONS = request("req_positions")
CHEAP, DEAR = request("place_order", limit_price=1.25), request("place_order", limit_price=1.5)


def kinds(before: Ran, after: Ran) -> list[tuple[Kind, str]]:
    return [(each.kind, each.where) for each in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param(ran(POSITIONS), ran(POSITIONS), [], id="the same"),
        pytest.param(ran(POSITIONS), ran(), [(Kind.REQUEST, "req_positions")], id="a request less"),
        pytest.param(ran(POSITIONS), ran(POSITIONS, POSITIONS), [(Kind.REQUEST, "req_positions")], id="one more"),
        pytest.param(ran(CHEAP), ran(DEAR), [(Kind.FIELD, "place_order.limit_price")], id="another price"),
        pytest.param(ran(POSITIONS, CHEAP), ran(CHEAP, POSITIONS), [(Kind.ORDER, "")], id="another order"),
        pytest.param(
            ran(POSITIONS),
            ran(request("req_positions", Outcome.UNANSWERED)),
            [(Kind.OUTCOME, "req_positions")],
            id="not answered",
        ),
        pytest.param(ran(POSITIONS), ran(request("req_positions", Outcome.UNKNOWN)), [], id="nobody could tell"),
        pytest.param(ran(), ran(code=1), [(Kind.END, "")], id="another exit code"),
        pytest.param(ran(code=-9), ran(ended_at=9.0), [(Kind.END, "")], id="killed, or still there"),
        pytest.param(DONE, ALONE, [], id="done, and ended before it was ended"),
        pytest.param(DONE, ALONE_WITH_1, [], id="done, and what it did then nobody knows of both"),
        pytest.param(ALONE, ALONE_WITH_1, [(Kind.END, "")], id="done, and another exit code of both"),
        pytest.param(DONE, ran(), [(Kind.END, "")], id="done, or ended without"),
        pytest.param(ran(client_id=1), ran(client_id=2), [(Kind.CLIENTS, "")], id="another client id"),
        pytest.param(ran(output="bid 1.25 at 9:30"), ran(output="bid 190.5 at 9:31"), [], id="other numbers"),
        pytest.param(ran(output="found 0"), ran(output="found 1"), [(Kind.NUMBER, "found #")], id="another count"),
        pytest.param(
            ran(output="got 8 in 141 messages"), ran(output="got 8 in 140 messages"), [], id="several numbers"
        ),
        pytest.param(ran(output="speaks 176", spoke=176), ran(output="speaks 178"), [], id="the server version"),
        pytest.param(ran(output="fine"), ran(output="failed"), [(Kind.OUTPUT, each) for each in ("fine", "failed")]),
    ],
)
def test_what_differs_is_named(before: Ran, after: Ran, found: list[tuple[Kind, str]]) -> None:
    assert kinds(before, after) == found


def test_of_a_request_that_cannot_be_read_nobody_knows_what_it_says() -> None:
    unreadable = replace(request("cancel_order"), outcome=Outcome.UNREADABLE)
    found = differences(ran(request("cancel_order", Outcome.REFUSED, order_id=9.0)), ran(unreadable))
    assert [(each.kind, each.where, each.after) for each in found] == [
        (Kind.OUTCOME, "cancel_order", "not readable at its version")
    ]


def test_a_program_that_did_not_connect_is_told_from_one_that_did() -> None:
    assert kinds(ran(), ran(spoke=0))[0] == (Kind.CONTACT, "")


def test_how_often_something_is_repeated_counts_only_if_the_program_ended_by_itself() -> None:
    assert kinds(ran(POSITIONS, ended_at=9.0), ran(POSITIONS, POSITIONS, ended_at=9.0)) == []


@pytest.mark.parametrize(("at", "counts"), [(7.9, True), (8.1, False)])
def test_what_was_begun_in_the_last_second_need_not_be_in_both(at: float, *, counts: bool) -> None:
    late = request("req_positions", at=at)
    assert bool(kinds(ran(late, ended_at=9.0), ran(ended_at=9.0))) is counts
    assert bool(kinds(ran(ended_at=9.0), ran(late, ended_at=9.0))) is counts


LOGGED = """
2026-11-30 22:50:33,951 ibapi.client INFO SENDING reqPositions b'\\x00\\x00\\x00\\x04'
2026-11-30 22:50:33,951 ibapi.utils INFO ANSWER errorProtoBuf {'errorMessageProto': id: -1
contract {
  symbol: "AAPL"
}
errorMsg: "it is so"
}
wrote it
"""


def test_what_a_library_logs_of_the_wire_counts_only_if_the_server_version_is_the_same() -> None:
    """With another one all of it is written otherwise."""
    assert kinds(ran(output=LOGGED, spoke=203), ran(output="wrote it", spoke=187)) == []
    assert kinds(ran(output=LOGGED), ran(output="wrote it"))
    assert kinds(ran(output=LOGGED, spoke=203), ran(output="", spoke=187)) == [(Kind.OUTPUT, "wrote it")]


@pytest.mark.parametrize(
    "line",
    [
        "SENDING reqPositions b'\\x00\\x04'",
        "REQUEST b'\\x00'",
        "len 9 raw:b'\\x00'|",
        "fields: (b'1\\x00', b'2')",
        "field b'Z\\xc3\\xbcrich' ",
        "decode <class 'str'> b'Z\\xc3\\xbcrich'",
    ],
)
def test_of_what_quotes_bytes_a_line_of_the_program_s_own_counts_with_any_server_version(line: str) -> None:
    own = "checksum b'\\xff'"
    assert kinds(ran(output=f"{line}\n{own}", spoke=203), ran(output="", spoke=187)) == [(Kind.OUTPUT, own)]


def test_what_a_program_counts_while_it_runs_is_not_what_it_found() -> None:
    slow, fast = (ran(output=f"tick {last - 1}\ntick {last}", ended_at=9.0) for last in (8, 9))
    assert kinds(slow, fast) == []
    assert kinds(ran(output="holds 3", ended_at=9.0), ran(output="holds 4", ended_at=9.0)) == [(Kind.NUMBER, "holds #")]


def test_a_line_of_the_last_second_need_not_be_in_both() -> None:
    slow, fast = ran(output="a", ended_at=9.0), ran(output="a\nb", settled="a", ended_at=9.0)
    assert kinds(slow, fast) == kinds(fast, slow) == []
    assert kinds(slow, ran(output="a\nb", ended_at=9.0)) == [(Kind.OUTPUT, "b")]


def test_a_notice_that_a_program_prints_is_the_gateways() -> None:
    notice = Notice(2172, "It ends on 20261215.")
    assert kinds(ran(notices=(notice,), output="Warning: It ends on 20261215."), ran()) == []
    assert kinds(ran(output="Warning: It ends on 20261215."), ran()) != []


WAITS = [
    f"Order Message:\nBUY 1 AAPL\nWarning: {your} order will not be placed at the exchange until {day}{end}"
    for your, day, end in (("your", "2026-11-30", ""), ("Your", "2026-12-01", "."))
]


@pytest.mark.parametrize("written", ["got {}", "got {!r}, and goes on"], ids=["as it is", "quoted"])
def test_what_both_gateways_say_each_in_its_own_words_is_the_same(written: str) -> None:
    one, other = (
        ran(replace(CHEAP, errors=(Notice(399, text),)), output=f"{written.format(text)}\nplaced") for text in WAITS
    )
    assert kinds(one, other) == []
    assert kinds(one, replace(other, output="placed")) != []
    assert kinds(one, replace(other, output=other.output.replace("got", "failed: "))) != []
    assert kinds(one, ran(CHEAP, output=other.output)) != [], "only one gateway said so"


def test_what_differs_between_two_runs_at_one_gateway_counts_for_nothing() -> None:
    noise = differences(ran(CHEAP), ran(DEAR))
    both = differences(ran(CHEAP), ran(request("place_order", limit_price=1.75, account="DU9000001")))
    assert [each.where for each in without_noise(both, noise)] == ["place_order.account"]
