"""What this machine shows beside a gateway's answers: other programs, other ports, and connections that hang."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.diagnose.control import search as tries
from harness.diagnose.host import Kind, Side
from harness.shared.evidence import Ended, Search
from tests.diagnose.control_findings import (
    CLOSED,
    GARBAGE,
    GATEWAY,
    HEALTHY,
    HELD,
    NO_ANSWER,
    REFUSED,
    RESET,
    SETTINGS,
    SILENT,
    verdict,
)
from tests.diagnose.seen import AWAY, HERE, PORT, bare, end, found, listener, owner, passed, stopped, trusting, view


@pytest.mark.parametrize("address", [HERE, AWAY, "::1"])
def test_who_connects_to_its_own_machine_comes_from_the_address_that_it_goes_to(address: str) -> None:
    search = replace(CLOSED, attempts=(replace(CLOSED.plain, address=(address, PORT)), *CLOSED.attempts[1:]))
    source = AWAY if address == AWAY else HERE
    assert verdict(search, view(settings=(trusting(source),))).code == "closed-without-answer"
    assert verdict(search, view(settings=(trusting("10.0.0.1"),))).code == "untrusted-address"


def test_what_a_simulated_gateway_declares_of_its_machine_counts_before_what_was_seen() -> None:
    declared = {"local": True, "runs": True, "elsewhere": False}
    assert verdict(REFUSED, bare(), declared=declared).code == "api-port-closed"
    assert verdict(CLOSED, view(), declared={"listener": "forwarder"}).code == "forwarder-without-gateway"
    assert verdict(HEALTHY, view(), declared={"stage": "tcp", "ended": "refused"}).code == "healthy"


def test_what_another_program_says_at_the_other_loopback_address_is_not_the_gateways() -> None:
    plain = stopped("version", Ended.SILENT)
    slow = {**passed().seconds, "first byte": 3.0, "version": 3.0}
    other = passed(tries.OTHER_ADDRESS, address=("::1", PORT), seconds=slow)
    assert verdict(found(plain, other), view()).code == "accepted-and-silent"


def test_a_gateway_that_listens_at_the_other_loopback_address_only_is_found_there() -> None:
    other = passed(tries.OTHER_ADDRESS, address=("::1", PORT))
    told = verdict(found(stopped("tcp", Ended.REFUSED), other), bare())
    assert (told.code, told.fault, told.next) == ("other-loopback-only", SETTINGS, ("Connect to ::1.",))


@pytest.mark.parametrize("search", [SILENT, CLOSED, RESET, GARBAGE, NO_ANSWER])
def test_what_is_seen_to_be_another_program_is_called_no_gateway(search: Search) -> None:
    """Whatever hangs there: it is that program's."""
    hanging = (end("CLOSE_WAIT", unread=19, received=18), end("CLOSE_WAIT", unread=1, received=0))
    told = verdict(search, view(listener(Kind.OTHER, queue=3), connections=hanging, processes=()))
    assert (told.code, told.fault) == ("another-program", SETTINGS)
    assert "pid 4242" in told.says


@pytest.mark.parametrize("kind", [Kind.UNKNOWN, Kind.FORWARDER])
def test_where_nobody_sees_a_gateway_listen_it_is_not_certain_that_one_does_not_read(kind: Kind) -> None:
    told = verdict(SILENT, view(listener(kind), connections=(end("CLOSE_WAIT", unread=19),)))
    assert (told.code, told.sure) == ("left-over-connections", "likely")


@pytest.mark.parametrize("state", ["CLOSE_WAIT", "ESTABLISHED"])
def test_what_ib_compat_left_itself_is_no_evidence(state: str) -> None:
    ours = end(state, unread=0, received=0, ours=True)
    assert verdict(SILENT, view(connections=(ours,))).code == "accepted-and-silent"
    assert verdict(HELD, view(connections=(ours,))).code == "client-id-held"
    queue = (end("ESTABLISHED", unread=18, accepted=False, ours=True),)
    assert verdict(NO_ANSWER, view(listener(queue=1), connections=queue)).code == "no-answer-locally"


def test_a_hello_of_ours_that_is_not_read_while_it_stands_is_seen() -> None:
    ours = end("ESTABLISHED", unread=18, ours=True)
    assert verdict(SILENT, view(connections=(ours,))).code == "never-read"


CLIENT = replace(end("FIN_WAIT2"), side=Side.CLIENT, local=(HERE, 50001), peer=(HERE, PORT), owner=owner(Kind.OTHER))


@pytest.mark.parametrize(
    ("received", "accepted", "code"),
    [
        (0, True, "wedged-by-port-checks"),
        (0, None, "wedged-by-port-checks"),
        (0, False, "never-read"),
        (18, True, "never-read"),
    ],
)
def test_connections_that_said_nothing_are_the_cause_where_the_gateway_took_them(
    received: int,
    accepted: bool | None,  # noqa: FBT001
    code: str,
) -> None:
    """What it never accepted waits because it is stuck, not the reverse."""
    hanging = end("CLOSE_WAIT", unread=1, received=received, accepted=accepted)
    told = verdict(SILENT, view(connections=(hanging, CLIENT)))
    assert told.code == code
    assert "other, pid 4242" in told.says, "who made them"
    steps = [number for number, step in enumerate(told.next) if "health check" in step]
    assert steps[0] < next(number for number, step in enumerate(told.next) if "restart" in step)


@pytest.mark.parametrize("unread", [None, 1])
def test_where_the_system_does_not_count_what_came_the_likely_makers_are_named(unread: int | None) -> None:
    accepted = None if unread is None else True
    hanging = end("CLOSE_WAIT", unread=unread, accepted=accepted, received=None)
    told = verdict(SILENT, view(listener(Kind.UNKNOWN), connections=(hanging,)))
    assert (told.code, told.fault) == ("left-over-connections", GATEWAY)
    assert "health check" in told.next[0]


def test_a_gateway_that_answers_and_keeps_connections_that_said_nothing_is_told_so() -> None:
    told = verdict(HEALTHY, view(connections=(end("CLOSE_WAIT", received=0),)))
    assert (told.code, told.usable) == ("port-checks-pile-up", True)
    assert verdict(HEALTHY, view(connections=(end("CLOSE_WAIT", received=0, ours=True),))).code == "healthy"


AT_4002 = passed("elsewhere", address=(HERE, 4002))


def test_where_nobody_listens_it_is_said_what_answers_at_another_port() -> None:
    told = verdict(REFUSED, view(listener(port=4002), port=7497), elsewhere=(AT_4002,))
    assert (told.code, told.sure) == ("wrong-port", "certain")
    assert "127.0.0.1:4002 answers with server version 223" in told.says


def test_another_program_that_answers_the_api_is_told_to_be_there() -> None:
    """A simulated gateway, or a proxy of somebody's own."""
    stranger = view(listener(Kind.OTHER, 4002), processes=(), port=7497)
    assert verdict(REFUSED, stranger, elsewhere=(AT_4002,)).code == "wrong-port"
    silent = verdict(REFUSED, stranger, elsewhere=(stopped("version", Ended.SILENT, "elsewhere"),))
    assert silent.code == "not-running"
    assert "on 4002" in silent.says, "no sentence says that nobody listens there"
