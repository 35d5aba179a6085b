"""What a cell's transcript tells of library and gateway."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from harness.checks.all import CHECKS
from harness.diagnose.transcript_facts import wire_facts
from harness.shared.evidence import Became, Further, Request, WireFacts
from harness.wire.catalogue import catalogue
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.side import ClientSide, GatewaySide
from harness.wire.transcript import Change, Chunk, Entry, Event, LeftOut
from tests.diagnose.cells import READY
from tests.wire.transcripts import ANY_TRANSCRIPT, BEGAN, transcript

CLIENT, GATEWAY = Sender
VERSIONS = pytest.mark.parametrize("version", [178, 203, 226])


def at(seconds: float) -> float:
    """When that was, in Unix seconds."""
    return BEGAN.timestamp() + seconds


def answers_in(facts: WireFacts) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for each in facts.requests:
        before = found.get(each.name, 0.0)
        found[each.name] = None if each.after is None or before is None else max(before, each.after)
    return found


def refused_in(facts: WireFacts) -> set[str]:
    unanswered = [each for each in facts.requests if each.after is None]
    return {each.name for each in unanswered} - {each.name for each in unanswered if each.refused is None}


class Talk:
    """Builds a transcript of one or more connections, with each thing said at a time of its own."""

    def __init__(self, version: int = 178) -> None:
        self.entries: list[Entry] = []
        self._version = version
        self._sides: dict[int, tuple[ClientSide, GatewaySide]] = {}

    def hello(self, at: float, connection: int = 1) -> Talk:
        client, gateway = ClientSide(Hello(min_version=100, max_version=self._version)), GatewaySide()
        self._sides[connection] = client, gateway
        hello = client.greet()
        list(gateway.receive(hello))
        return self._chunk(at, CLIENT, hello, connection)

    def reply(self, at: float, connection: int = 1, *, pieces: int = 1) -> Talk:
        client, gateway = self._sides[connection]
        data = gateway.accept(VersionReply(server_version=self._version, connection_time="20261121 10:00:00 EST"))
        list(client.receive(data))
        for piece in range(pieces - 1):
            self._chunk(at, GATEWAY, data[piece : piece + 1], connection)
        return self._chunk(at, GATEWAY, data[pieces - 1 :], connection)

    def asks(self, at: float, name: str, connection: int = 1, **values: Any) -> Talk:
        return self._chunk(at, CLIENT, self._sides[connection][0].send(Message(name, values)), connection)

    def says(self, at: float, name: str, connection: int = 1, **values: Any) -> Talk:
        return self._chunk(at, GATEWAY, self._sides[connection][1].send(Message(name, values)), connection)

    def event(self, at: float, change: Change, by: Sender | None = None, connection: int = 1) -> Talk:
        self.entries.append(Event(at=at, connection=connection, change=change, by=by))
        return self

    def left_out(self, at: float, sender: Sender, connection: int = 1) -> Talk:
        self.entries.append(LeftOut(at=at, connection=connection, sender=sender, count=9))
        return self

    def raw(self, at: float, sender: Sender, data: bytes) -> Talk:
        return self._chunk(at, sender, data, 1)

    def started(self, connection: int = 1) -> Talk:
        self.event(0.0, Change.OPENED, connection=connection).hello(0.1, connection).reply(0.2, connection)
        self.asks(0.3, "start_api", connection, client_id=7)
        self.says(0.4, "managed_accounts", connection, accounts="DU9000001")
        return self.says(0.5, "next_valid_id", connection, order_id=1)

    @property
    def facts(self) -> WireFacts:
        return wire_facts(transcript(*self.entries))

    @property
    def answers(self) -> dict[str, float | None]:
        """Each request that was sent: seconds until its slowest answer ended; None where one never did."""
        return answers_in(self.facts)

    @property
    def refused(self) -> set[str]:
        """The requests of which each that was not answered met an error."""
        return refused_in(self.facts)

    def _chunk(self, at: float, sender: Sender, data: bytes, connection: int) -> Talk:
        self.entries.append(Chunk(at=at, connection=connection, sender=sender, data=data))
        return self


@VERSIONS
def test_an_ordinary_start(version: int) -> None:
    assert Talk(version).started().facts == replace(READY, hello_at=at(0.1), answered_at=at(0.5))


def test_nothing_at_all() -> None:
    assert Talk().facts == WireFacts()


@pytest.mark.parametrize("change", [Change.OPENED, Change.REFUSED])
def test_a_connection_on_which_nothing_was_said(change: Change) -> None:
    assert Talk().event(0.0, change).facts == WireFacts()


def test_each_step_of_a_start_by_itself() -> None:
    assert Talk().hello(0.1).facts == WireFacts(hello=True, hello_at=at(0.1))
    replied = Talk().hello(0.1).reply(0.2)
    assert replied.facts == WireFacts(hello=True, reply=True, reply_pieces=1, hello_at=at(0.1), answered_at=at(0.2))
    assert replied.asks(0.3, "start_api", client_id=7).facts.started
    assert not replied.facts.accounts
    assert not replied.says(0.4, "managed_accounts", accounts="").facts.accounts
    assert not replied.says(0.4, "managed_accounts", accounts=",").facts.accounts
    assert replied.says(0.4, "managed_accounts", accounts="DU9000001,").facts.accounts
    assert not replied.facts.next_valid_id
    assert replied.says(0.5, "next_valid_id", order_id=1).facts.next_valid_id


def test_what_comes_when_a_client_is_ready_makes_its_start_no_longer() -> None:
    talk = Talk().started().says(3.0, "next_valid_id", order_id=2).says(3.5, "managed_accounts", accounts="DU9000001")
    assert talk.facts.answered_at == at(0.5)


def test_an_empty_list_after_a_full_one_takes_no_account_away() -> None:
    assert Talk().started().says(0.6, "managed_accounts", accounts="").facts.accounts


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_the_pieces_of_the_version_reply_are_counted(pieces: int) -> None:
    assert Talk().hello(0.1).reply(0.2, pieces=pieces).facts.reply_pieces == pieces


@VERSIONS
def test_a_request_is_answered_when_its_answer_ends(version: int) -> None:
    talk = Talk(version).started().asks(1.0, "req_positions").says(1.5, "position", account="DU9000001")
    assert talk.answers == {"req_positions": None}
    assert talk.says(3.0, "position_end").answers == {"req_positions": pytest.approx(2.0)}


def test_what_came_before_a_request_does_not_answer_it() -> None:
    assert Talk().started().says(0.9, "position_end").asks(1.0, "req_positions").answers == {"req_positions": None}


def test_the_next_valid_id_of_the_start_does_not_answer_a_later_request_for_it() -> None:
    assert Talk().started().asks(1.0, "req_ids").answers == {"req_ids": None}


def test_what_is_asked_twice_and_answered_once_is_not_answered() -> None:
    talk = Talk().started().asks(1.0, "req_positions").asks(1.1, "req_positions").says(2.0, "position_end")
    assert talk.answers == {"req_positions": None}


def test_what_is_asked_again_and_only_then_answered_is_not_answered() -> None:
    talk = Talk().started().asks(1.0, "req_positions").says(2.0, "position_end").asks(3.0, "req_positions")
    assert talk.answers == {"req_positions": None}


def test_of_several_answers_the_one_that_took_longest_counts() -> None:
    talk = Talk().started().asks(1.0, "req_positions").says(1.1, "position_end")
    talk.asks(2.0, "req_positions").says(6.0, "position_end").asks(7.0, "req_positions").says(7.2, "position_end")
    assert talk.answers == {"req_positions": pytest.approx(4.0)}


def test_two_requests_whose_answers_end_alike_need_two_ends() -> None:
    talk = Talk().started().asks(1.0, "req_open_orders").asks(1.2, "req_all_open_orders").says(2.0, "open_orders_end")
    assert talk.answers == {"req_open_orders": pytest.approx(1.0), "req_all_open_orders": None}
    answers = talk.says(3.0, "open_orders_end").answers
    assert answers == {"req_open_orders": pytest.approx(1.0), "req_all_open_orders": pytest.approx(1.8)}


def test_an_answer_with_a_number_is_of_the_request_with_that_number() -> None:
    talk = Talk().started().asks(1.0, "req_executions", req_id=4).asks(1.1, "req_executions", req_id=5)
    talk.says(2.0, "execution_details_end", req_id=5)
    assert talk.answers == {"req_executions": None}
    assert talk.says(4.0, "execution_details_end", req_id=4).answers == {"req_executions": pytest.approx(3.0)}


@pytest.mark.parametrize(("version", "answered"), [(178, True), (195, True), (196, False), (226, False)])
def test_bars_end_their_answer_by_themselves_in_old_versions_only(version: int, answered: bool) -> None:  # noqa: FBT001
    talk = Talk(version).started().asks(1.0, "req_historical_data", req_id=4).says(2.0, "historical_data", req_id=4)
    assert talk.answers == {"req_historical_data": pytest.approx(1.0) if answered else None}
    ended = talk.says(3.0, "historical_data_end", req_id=4).answers
    assert ended == {"req_historical_data": pytest.approx(1.0 if answered else 2.0)}


@pytest.mark.parametrize("version", [195, 226])
def test_one_answer_of_bars_is_not_that_of_two_requests(version: int) -> None:
    talk = Talk(version).started()
    talk.asks(1.0, "req_historical_data", req_id=4).asks(1.1, "req_historical_data", req_id=5)
    talk.says(2.0, "historical_data", req_id=4).says(2.1, "historical_data_end", req_id=4)
    assert talk.answers == {"req_historical_data": None}


@VERSIONS
def test_an_error_with_the_number_of_a_request_refuses_it(version: int) -> None:
    talk = Talk(version).started().asks(1.0, "req_contract_data", req_id=4)
    assert talk.says(1.1, "error", req_id=-1, code=2104, text="OK").refused == set()
    assert talk.says(1.2, "error", req_id=5, code=200, text="of another").refused == set()
    talk.says(1.3, "error", req_id=4, code=200, text="No security definition")
    assert talk.refused == {"req_contract_data"}
    assert talk.answers == {"req_contract_data": None}


def test_what_is_answered_all_the_same_is_not_refused() -> None:
    talk = Talk().started().asks(1.0, "req_contract_data", req_id=4).says(1.1, "error", req_id=4, code=399, text="hm")
    assert talk.says(1.2, "contract_data_end", req_id=4).refused == set()


def test_an_error_before_a_request_and_one_of_no_request_refuse_nothing() -> None:
    talk = Talk().started().says(0.9, "error", req_id=4, code=200, text="No.").asks(1.0, "req_contract_data", req_id=4)
    talk.asks(1.1, "req_positions").says(1.2, "error", req_id=-1, code=1100, text="lost")
    assert talk.refused == set()


def test_a_request_without_an_end_of_its_answer_is_not_waited_for() -> None:
    assert Talk().started().asks(1.0, "set_server_log_level", level=5).answers == {}


def test_the_request_of_every_check_has_an_end_of_its_answer() -> None:
    asked = {check.asks for check in CHECKS if check.asks}
    assert asked
    assert all(catalogue().by_name[name].ends_at(version) for name in asked for version in (142, 196, 226))


@VERSIONS
def test_errors_of_the_connection_that_asks_count(version: int) -> None:
    talk = Talk(version).started().says(1.0, "error", code=2104, text="OK").says(1.1, "error", code=321, text="No.")
    assert talk.facts.errors == {2104, 321}


def test_the_errors_answers_and_ends_of_another_connection_do_not_count() -> None:
    talk = Talk().started().started(2).asks(1.0, "req_positions").says(1.1, "error", 2, code=326, text="in use")
    talk.says(1.2, "position_end", 2).event(1.3, Change.HALF_CLOSED, GATEWAY, 2).left_out(1.4, GATEWAY, 2)
    facts = talk.facts
    assert (facts.errors, facts.ended_by_gateway, facts.whole) == (frozenset(), False, True)
    assert answers_in(facts) == {"req_positions": None}


def test_each_request_has_the_time_at_which_it_was_sent_and_how_soon_an_error_came() -> None:
    talk = Talk().started().asks(1.0, "req_contract_data", req_id=4).asks(2.0, "req_contract_data", req_id=5)
    talk.says(2.5, "contract_data_end", req_id=4).says(2.75, "error", req_id=5, code=200, text="No such thing")
    began = BEGAN.timestamp()
    assert talk.facts.requests == (
        Request(name="req_contract_data", at=began + 1.0, after=1.5),
        Request(name="req_contract_data", at=began + 2.0, refused=0.75, why="error 200: No such thing"),
    )


def test_the_connection_that_counts_is_the_first_with_a_hello() -> None:
    talk = Talk().event(0.0, Change.OPENED).event(0.1, Change.RESET, GATEWAY).started(2)
    facts = talk.asks(1.0, "req_positions", 2).says(1.5, "position_end", 2).facts
    assert (facts.hello, facts.ended_by_gateway) == (True, False)
    assert answers_in(facts) == {"req_positions": pytest.approx(0.5)}


@pytest.mark.parametrize("change", [Change.HALF_CLOSED, Change.RESET])
def test_the_first_end_tells_who_ended_it(change: Change) -> None:
    assert Talk().started().event(1.0, change, GATEWAY).event(1.1, Change.HALF_CLOSED, CLIENT).facts.ended_by_gateway
    facts = Talk().started().event(1.0, change, CLIENT).event(1.1, Change.HALF_CLOSED, GATEWAY).facts
    assert not facts.ended_by_gateway


@pytest.mark.parametrize("change", [Change.CLOSED, Change.REFUSED, Change.OPENED])
def test_what_is_nobodys_end_is_not_the_gateways(change: Change) -> None:
    assert not Talk().started().event(1.0, change).facts.ended_by_gateway


def test_what_cannot_be_read_is_counted_where_the_gateway_sent_it() -> None:
    assert Talk().started().raw(1.0, GATEWAY, b"\0\0\0\0").facts.unread == 1
    assert Talk().started().raw(1.0, GATEWAY, b"\0\0\0\x20half").facts.unread == 1
    assert Talk().started().raw(1.0, CLIENT, b"\0\0\0\0").facts.unread == 0


def test_a_message_that_no_catalogue_has_can_be_read() -> None:
    assert Talk().started().raw(1.0, GATEWAY, b"\0\0\0\x06999\x001\0").facts.unread == 0


@pytest.mark.parametrize("sender", [CLIENT, GATEWAY])
def test_a_transcript_of_which_bytes_were_left_out_is_not_whole(sender: Sender) -> None:
    assert Talk().started().facts.whole
    assert not Talk().started().left_out(1.0, sender).facts.whole


@given(ANY_TRANSCRIPT)
def test_any_transcript_gives_facts_that_hold_together(of: Any) -> None:
    facts = wire_facts(of)
    assert facts.reply == (facts.reply_pieces > 0)
    assert all(after is None or after >= 0 for after in answers_in(facts).values())
    assert facts.hello or not facts.started


@pytest.mark.parametrize("code", [399, 2104, 2109, 2176, 10090, 10167, 10349])
def test_a_warning_with_the_number_of_a_request_does_not_refuse_it(code: int) -> None:
    """As of quotes that are delayed: they come all the same."""
    talk = Talk().started().asks(1.0, "req_contract_data", req_id=4)
    assert talk.says(1.1, "error", req_id=4, code=code, text="Displaying delayed").refused == set()


@VERSIONS
def test_quotes_that_stream_have_no_end_to_wait_for(version: int) -> None:
    talk = Talk(version).started().asks(1.0, "req_market_data", req_id=4, symbol="AAPL")
    assert talk.answers == {}
    talk.asks(1.1, "req_market_data", req_id=5, symbol="AAPL", snapshot=True)
    assert talk.answers == {"req_market_data": None}
    assert talk.says(1.5, "tick_snapshot_end", req_id=5).answers == pytest.approx({"req_market_data": 0.4})


def test_of_two_that_were_not_answered_one_that_was_refused_does_not_count_for_both() -> None:
    talk = Talk().started().asks(1.0, "req_contract_data", req_id=4).asks(1.1, "req_contract_data", req_id=5)
    talk.says(1.2, "error", req_id=5, code=200, text="No security definition")
    assert talk.refused == set()
    assert talk.says(1.3, "error", req_id=4, code=200, text="Nor this").refused == {"req_contract_data"}


def test_of_the_other_connections_it_is_told_what_became_of_them() -> None:
    talk = Talk().started().hello(2.0, 2).event(2.5, Change.HALF_CLOSED, GATEWAY, 2)
    talk.event(3.0, Change.OPENED, None, 3).event(3.25, Change.RESET, GATEWAY, 3)
    talk.hello(4.0, 4).reply(4.25, 4).says(4.5, "error", 4, req_id=-1, code=326, text="in use")
    talk.hello(5.0, 5).reply(5.25, 5).says(5.5, "managed_accounts", 5, accounts="DU9000001")
    talk.says(5.75, "next_valid_id", 5, order_id=1).hello(6.0, 6).event(6.5, Change.HALF_CLOSED, CLIENT, 6)
    began = BEGAN.timestamp()
    assert talk.facts.further == (
        Further(at=began + 2.0, became=Became.ENDED),
        Further(at=began + 3.0, became=Became.ENDED),
        Further(at=began + 4.0, became=Became.IN_USE, errors=((326, "in use"),)),
        Further(at=began + 5.0, became=Became.READY, after=0.75),
        Further(at=began + 6.0, became=Became.NEVER),
    )


def test_a_connection_began_when_it_was_opened_however_late_its_hello_was_read() -> None:
    """The client may know that the gateway ended it, and its check be over, before the tap comes to the hello."""
    talk = Talk().started().event(2.0, Change.OPENED, None, 2).event(2.1, Change.HALF_CLOSED, GATEWAY, 2).hello(2.4, 2)
    assert talk.facts.further == (Further(at=BEGAN.timestamp() + 2.0, became=Became.ENDED),)


def test_what_a_client_sent_that_nobody_can_read_may_be_any_request() -> None:
    facts = Talk().started().raw(0.4, Sender.CLIENT, b"\x00\x00\x00\x02\xff\x00").facts
    assert (facts.unread_sent, facts.requests) == (1, ())
