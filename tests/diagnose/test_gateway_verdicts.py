"""From what control and machine saw of a gateway to its verdict, case by case as the field knows them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from harness.diagnose.control import search as tries
from harness.diagnose.gateway_case import Case, diagnose
from harness.diagnose.gateway_facts import of_search
from harness.diagnose.host import HostView, Kind, Side
from harness.diagnose.verdict import Diagnosis
from harness.shared.evidence import Ended, Notice, Search
from harness.shared.status import Fault
from tests.diagnose.seen import (
    AT_THE_HELLO,
    AT_THE_START,
    AWAY,
    CLIENT_ID,
    ELSEWHERE,
    FARM,
    HERE,
    IN_USE,
    LOST,
    PORT,
    RESTORED,
    alike,
    bare,
    end,
    found,
    listener,
    owner,
    passed,
    stopped,
    trusting,
    view,
)

REFUSED = alike(stopped("tcp", Ended.REFUSED), tries.OTHER_ADDRESS)
NO_ANSWER = found(stopped("tcp", Ended.NO_ANSWER))
SILENT = alike(stopped("version", Ended.SILENT), *AT_THE_HELLO)
CLOSED = alike(stopped("version", Ended.CLOSED), *AT_THE_HELLO)
RESET = alike(stopped("version", Ended.RESET), *AT_THE_HELLO)
GARBAGE = alike(stopped("version", Ended.FOREIGN, received=9, reads=1), *AT_THE_HELLO)
PAIR = (passed(), passed(tries.TOGETHER))


def verdict(search: Search, seen: HostView | None = None, *, host: str = HERE, **more: Any) -> Diagnosis:
    return diagnose(Case(**{"host": host, "port": PORT, "found": search, "view": seen, "client_id": CLIENT_ID, **more}))


def at_the_start(ended: Ended, *, others: bool = False, **changes: Any) -> Search:
    """A search that stops between version and ready, unless another client id is all that it takes."""
    plain = stopped("ready", ended, **changes)
    search = alike(plain, *AT_THE_START, speaks=tries.API)
    if not others:
        return search
    free = (passed(when, client_id=CLIENT_ID - number) for number, when in enumerate(tries.OTHER_IDS, 5))
    return replace(search, attempts=(*search.attempts[: -len(tries.OTHER_IDS)], *free))


def paired(search: Search, **changes: Any) -> Search:
    """The same, with something different about the plain attempt."""
    return replace(search, attempts=(replace(search.plain, **changes), *search.attempts[1:]))


HEALTHY = found(*PAIR, speaks=tries.API)
NONE, GATEWAY, SETTINGS, NETWORK = None, Fault.GATEWAY, Fault.SETTINGS, Fault.NETWORK


@pytest.mark.parametrize(
    ("search", "seen", "code", "fault"),
    [
        pytest.param(REFUSED, bare(), "not-running", GATEWAY, id="nobody there"),
        pytest.param(REFUSED, bare(processes=(owner(),)), "api-port-closed", SETTINGS, id="not logged in"),
        pytest.param(REFUSED, view(listener(port=4001)), "wrong-port", SETTINGS, id="live for paper"),
        pytest.param(REFUSED, view(listener(Kind.TWS, 7497)), "wrong-port", SETTINGS, id="TWS for Gateway"),
        pytest.param(REFUSED, view(listener(Kind.OTHER, 4001), processes=()), "not-running", GATEWAY, id="other there"),
        pytest.param(REFUSED, bare(unseen=("Processes.",)), "nothing-listens", GATEWAY, id="nothing may be seen"),
        pytest.param(REFUSED, ELSEWHERE, "refused", Fault.UNKNOWN, id="refused from afar"),
        pytest.param(REFUSED, None, "refused", Fault.UNKNOWN, id="refused, nobody looked"),
        pytest.param(NO_ANSWER, view(listener(queue=37)), "never-accepted", GATEWAY, id="queue full"),
        pytest.param(NO_ANSWER, view(), "no-answer-locally", Fault.UNKNOWN, id="no answer here"),
        pytest.param(NO_ANSWER, ELSEWHERE, "no-answer", NETWORK, id="firewall"),
        pytest.param(found(stopped("tcp", Ended.NO_NAME)), None, "no-such-host", SETTINGS, id="no name"),
        pytest.param(found(stopped("tcp", Ended.UNREACHABLE)), None, "unreachable", NETWORK, id="no route"),
        pytest.param(CLOSED, view(listener(Kind.FORWARDER)), "forwarder-without-gateway", GATEWAY, id="socat"),
        pytest.param(RESET, view(listener(Kind.FORWARDER)), "forwarder-without-gateway", GATEWAY, id="docker proxy"),
        pytest.param(CLOSED, view(settings=(trusting("10.0.0.1"),)), "untrusted-address", SETTINGS, id="untrusted"),
        pytest.param(CLOSED, view(settings=(trusting(HERE),)), "closed-without-answer", GATEWAY, id="trusted, closed"),
        pytest.param(CLOSED, view(), "closed-without-answer", GATEWAY, id="closed, settings unseen"),
        pytest.param(RESET, view(), "closed-without-answer", GATEWAY, id="reset"),
        pytest.param(CLOSED, ELSEWHERE, "closed-remotely", SETTINGS, id="closed from afar"),
        pytest.param(SILENT, view(), "accepted-and-silent", GATEWAY, id="API off, or a dialog"),
        pytest.param(SILENT, ELSEWHERE, "accepted-and-silent", GATEWAY, id="silent from afar"),
        pytest.param(
            SILENT, view(connections=(end("CLOSE_WAIT", unread=19),)), "never-read", GATEWAY, id="wedged: unread"
        ),
        pytest.param(
            SILENT,
            view(connections=(end("CLOSE_WAIT", unread=0, accepted=False),)),
            "never-read",
            GATEWAY,
            id="wedged: never accepted",
        ),
        pytest.param(
            SILENT,
            view(connections=(end("CLOSE_WAIT", unread=None, accepted=None),)),
            "left-over-connections",
            GATEWAY,
            id="wedged, as macOS shows it",
        ),
        pytest.param(
            SILENT, view(connections=(end("ESTABLISHED", unread=19),)), "accepted-and-silent", GATEWAY, id="still there"
        ),
        pytest.param(replace(SILENT, speaks="http"), view(), "speaks-something-else", SETTINGS, id="a web server"),
        pytest.param(replace(GARBAGE, speaks="tls"), view(), "speaks-something-else", SETTINGS, id="TLS"),
        pytest.param(replace(GARBAGE, speaks="unknown"), view(), "unreadable-answer", GATEWAY, id="garbage"),
        pytest.param(found(stopped("version", Ended.REDIRECTED)), None, "redirected", SETTINGS, id="redirected"),
        pytest.param(
            replace(paired(SILENT, received=0), speaks=tries.API, highest_answered=217),
            view(),
            "answers-older-clients-only",
            GATEWAY,
            id="answers up to 217",
        ),
        pytest.param(
            found(stopped("version", Ended.CLOSED), passed(tries.AGAIN), speaks=tries.API),
            view(),
            "unstable",
            GATEWAY,
            id="went well the second time",
        ),
        pytest.param(
            found(
                stopped("version", Ended.SILENT),
                passed(tries.AGAIN, seconds={**passed().seconds, "first byte": 2.5, "version": 2.5}),
                speaks=tries.API,
            ),
            view(),
            "answers-late",
            SETTINGS,
            id="a dialog that somebody accepted",
        ),
    ],
)
def test_a_gateway_that_does_not_come_to_the_version(
    search: Search, seen: HostView | None, code: str, fault: Fault
) -> None:
    told = verdict(search, seen)
    assert (told.code, told.fault, told.usable) == (code, fault, False)


HELD = at_the_start(Ended.CLOSED, others=True, notices=(IN_USE,))


@pytest.mark.parametrize(
    ("search", "seen", "code", "fault"),
    [
        pytest.param(HELD, view(connections=(end("ESTABLISHED"),)), "client-id-in-use", SETTINGS, id="another program"),
        pytest.param(HELD, view(), "client-id-held", GATEWAY, id="a dead session"),
        pytest.param(HELD, None, "client-id-in-use", SETTINGS, id="in use, nobody looked"),
        pytest.param(HELD, ELSEWHERE, "client-id-in-use", SETTINGS, id="in use from afar"),
        pytest.param(
            at_the_start(Ended.CLOSED, notices=(IN_USE,)), view(), "every-client-id-in-use", GATEWAY, id="every id"
        ),
        pytest.param(at_the_start(Ended.CLOSED, others=True), view(), "client-id-refused", SETTINGS, id="no 326"),
        pytest.param(at_the_start(Ended.RESET, others=True), view(), "client-id-refused", SETTINGS, id="no 326, reset"),
        pytest.param(at_the_start(Ended.CLOSED), view(), "ended-after-version", GATEWAY, id="10.30.1"),
        pytest.param(at_the_start(Ended.RESET), view(), "ended-after-version", GATEWAY, id="reset after the version"),
        pytest.param(at_the_start(Ended.SILENT), view(), "silent-after-version", GATEWAY, id="not logged in"),
        pytest.param(
            at_the_start(Ended.SILENT, account_list=True, next_order_id=1), view(), "no-account", Fault.ACCOUNT, id="[]"
        ),
        pytest.param(
            at_the_start(Ended.SILENT, next_order_id=1),
            view(),
            "accounts-missing",
            GATEWAY,
            id="only the next valid id",
        ),
        pytest.param(
            at_the_start(Ended.SILENT, account_list=True, accounts=("DU9000001",)),
            view(),
            "next-valid-id-missing",
            GATEWAY,
            id="only the accounts",
        ),
        pytest.param(at_the_start(Ended.FOREIGN), view(), "unreadable-answer", GATEWAY, id="garbage after the version"),
        pytest.param(at_the_start(Ended.SILENT, server_version=76), view(), "too-old", GATEWAY, id="76"),
    ],
)
def test_a_gateway_that_does_not_come_to_the_start(
    search: Search, seen: HostView | None, code: str, fault: Fault
) -> None:
    told = verdict(search, seen)
    assert (told.code, told.fault, told.usable) == (code, fault, False)


SLOW = {"seconds": {"tcp": 0.001, "first byte": 3.0, "version": 3.0, "ready": 3.1}, "last_byte": 3.1}
DROPS = {"received": 60, "reads": 60, "last_byte": 3.0}


@pytest.mark.parametrize(
    ("search", "code", "fault", "usable"),
    [
        pytest.param(HEALTHY, "healthy", NONE, True, id="healthy"),
        pytest.param(found(passed(), speaks=tries.API), "answers", NONE, True, id="asked once"),
        pytest.param(paired(HEALTHY, **SLOW), "answers-late", SETTINGS, True, id="a dialog"),
        pytest.param(paired(HEALTHY, **DROPS), "trickles", NETWORK, False, id="trickles"),
        pytest.param(
            found(
                passed(),
                stopped("version", Ended.SILENT, tries.TOGETHER),
                stopped("version", Ended.SILENT, tries.ALONE),
            ),
            "wedges",
            GATEWAY,
            False,
            id="wedges",
        ),
        pytest.param(
            found(passed(), stopped("version", Ended.CLOSED, tries.TOGETHER), passed(tries.ALONE)),
            "no-room",
            SETTINGS,
            True,
            id="32 clients",
        ),
        pytest.param(paired(HEALTHY, notices=(FARM, LOST)), "disconnected-from-ibkr", NETWORK, False, id="1100"),
        pytest.param(
            paired(HEALTHY, notices=(Notice(code=2110, message="is broken"),)),
            "disconnected-from-ibkr",
            NETWORK,
            False,
            id="2110",
        ),
        pytest.param(paired(HEALTHY, notices=(LOST, RESTORED)), "healthy", NONE, True, id="1100, then 1102"),
        pytest.param(
            paired(HEALTHY, notices=(RESTORED, LOST)), "disconnected-from-ibkr", NETWORK, False, id="1102, then 1100"
        ),
        pytest.param(paired(HEALTHY, reply_pieces=2), "version-reply-in-pieces", GATEWAY, True, id="in pieces"),
        pytest.param(paired(HEALTHY, early_frames=1), "early-frames", GATEWAY, True, id="early"),
        pytest.param(paired(HEALTHY, passed_over=("::1",)), "ipv4-only", SETTINGS, True, id="::1 before"),
        pytest.param(
            found(passed(), stopped("tcp", Ended.REFUSED, tries.OTHER_ADDRESS, address=("::1", PORT)), PAIR[1]),
            "ipv4-only",
            SETTINGS,
            True,
            id="::1 after",
        ),
        pytest.param(
            found(passed(), passed(tries.OTHER_ADDRESS, address=("::1", PORT)), PAIR[1]),
            "healthy",
            NONE,
            True,
            id="both",
        ),
    ],
)
def test_a_gateway_that_answers(search: Search, code: str, fault: Fault | None, usable: bool) -> None:  # noqa: FBT001
    told = verdict(search)
    assert (told.code, told.fault, told.usable) == (code, fault, usable)


def test_what_trickles_without_a_network_between_is_the_gateways_fault() -> None:
    assert verdict(paired(HEALTHY, **DROPS), view()).fault is GATEWAY


def test_a_reply_that_trickles_is_not_called_in_pieces() -> None:
    drops = paired(HEALTHY, **DROPS, reply_pieces=30)
    assert verdict(drops).code == "trickles"
    assert not of_search(drops, port=PORT).in_pieces


@pytest.mark.parametrize("port", [4003, 4004, 7498, 7499])
def test_a_container_that_drops_every_connection_has_no_gateway_behind_it(port: int) -> None:
    assert verdict(CLOSED, ELSEWHERE, port=port).code == "forwarder-without-gateway"
    assert verdict(CLOSED, ELSEWHERE, port=port - 2).code == "closed-remotely"


@pytest.mark.parametrize("address", [HERE, AWAY, "::1"])
def test_who_connects_to_its_own_machine_comes_from_the_address_that_it_goes_to(address: str) -> None:
    search = replace(CLOSED, attempts=(replace(CLOSED.plain, address=(address, PORT)), *CLOSED.attempts[1:]))
    source = AWAY if address == AWAY else HERE
    assert verdict(search, view(settings=(trusting(source),))).code == "closed-without-answer"
    assert verdict(search, view(settings=(trusting("10.0.0.1"),))).code == "untrusted-address"


@pytest.mark.parametrize("search", [REFUSED, SILENT, at_the_start(Ended.SILENT)], ids=["tcp", "version", "ready"])
def test_who_answered_before_has_stopped(search: Search) -> None:
    assert verdict(search, view(), answered_before=True).code == "stopped-answering"
    assert verdict(HEALTHY, view(), answered_before=True).code == "healthy"


@pytest.mark.parametrize("search", [HEALTHY, SILENT, REFUSED], ids=["healthy", "silent", "refused"])
def test_a_probe_that_is_no_hello_is_at_fault_whatever_the_gateway_does(search: Search) -> None:
    told = verdict(search, view(), probe=b"\0\0\0\x0av100..176")
    assert (told.code, told.fault) == ("probe-malformed", Fault.HARNESS)
    assert "begin with 'API'" in told.says
    assert verdict(search, view(), probe=b"API\0\0\0\0\x09v100..176").code == verdict(search, view()).code
    assert verdict(search, view(), probe=b"API\0\0\0\0\x09v100").code == "probe-malformed"


def test_what_a_simulated_gateway_declares_of_its_machine_counts_before_what_was_seen() -> None:
    declared = {"local": True, "runs": True, "elsewhere": False}
    assert verdict(REFUSED, bare(), declared=declared).code == "api-port-closed"
    assert verdict(CLOSED, view(), declared={"listener": "forwarder"}).code == "forwarder-without-gateway"
    assert verdict(HEALTHY, view(), declared={"stage": "tcp", "ended": "refused"}).code == "healthy"


def test_advice_is_for_the_product_and_the_system() -> None:
    told = {
        (product, system): " ".join(verdict(SILENT, view(), product=product, system=system).next)
        for product in ("gateway", "tws", None)
        for system in ("linux", "macos", "windows")
    }
    for (product, system), advice in told.items():
        assert ("ActiveX" in advice) == (product != "gateway")
        assert ("Configure > Settings" in advice) == (product != "tws")
        assert ("`ss " in advice) == (system == "linux")
        assert ("findstr" in advice) == (system == "windows")


def test_the_system_is_that_of_the_machine_that_was_looked_at() -> None:
    assert any("findstr" in step for step in verdict(SILENT, view(system="windows")).next)
    assert any("findstr" in step for step in verdict(SILENT, view(), system="windows").next)


@pytest.mark.parametrize(
    ("product", "title"),
    [("gateway", "the Gateway behind"), ("tws", "TWS behind"), (None, "the Gateway or TWS behind")],
)
def test_a_verdict_calls_the_product_by_its_name(product: str | None, title: str) -> None:
    assert title in verdict(CLOSED, view(listener(Kind.FORWARDER)), product=product).title


def test_the_evidence_is_told_in_numbers() -> None:
    connections = tuple(end("CLOSE_WAIT", unread=19, accepted=number < 2) for number in range(3))
    told = verdict(SILENT, view(connections=connections))
    where, bytes_came, last = told.because
    assert where.endswith(": it went no further")
    assert re.findall(r"\d+", bytes_came) == ["3"], "attempts"
    hung_up, never, unread = last.split(", ", 3)[-3:]
    assert hung_up == "whose clients have hung up"
    assert (never, unread) == ("1 of them never accepted", "57 bytes of theirs unread")


def test_what_another_program_says_at_the_other_loopback_address_is_not_the_gateways() -> None:
    plain = stopped("version", Ended.SILENT)
    slow = {**passed().seconds, "first byte": 3.0, "version": 3.0}
    other = passed(tries.OTHER_ADDRESS, address=("::1", PORT), seconds=slow)
    assert verdict(found(plain, other), view()).code == "accepted-and-silent"


def test_a_gateway_that_listens_at_the_other_loopback_address_only_is_found_there() -> None:
    other = passed(tries.OTHER_ADDRESS, address=("::1", PORT))
    told = verdict(found(stopped("tcp", Ended.REFUSED), other), bare())
    assert (told.code, told.fault, told.next) == ("other-loopback-only", SETTINGS, ("Connect to ::1.",))


@pytest.mark.parametrize("speaks", ["tls", "http"])
def test_advice_for_some_facts_only_is_given_with_these_only(speaks: str) -> None:
    told = verdict(replace(GARBAGE, speaks=speaks))
    assert any("TLS proxy" in step for step in told.next) == (speaks == "tls")


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


def test_a_simulated_gateway_is_called_one() -> None:
    told = verdict(SILENT, view(listener(Kind.OURS), connections=(end("CLOSE_WAIT", unread=19),)), product="gateway")
    assert (told.code, "simulated" in told.says) == ("never-read", True)


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
