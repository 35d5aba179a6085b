"""From what control and machine saw of a gateway to its verdict, case by case as the field knows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.diagnose.control import search as tries
from harness.diagnose.gateway_facts import of_search
from harness.diagnose.host import HostView, Kind
from harness.shared.evidence import Ended, Notice, Search
from harness.shared.status import Fault
from tests.diagnose.control_findings import (
    CLOSED,
    GARBAGE,
    GATEWAY,
    HEALTHY,
    HELD,
    NETWORK,
    NO_ANSWER,
    NONE,
    PAIR,
    REFUSED,
    RESET,
    SETTINGS,
    SILENT,
    at_the_start,
    paired,
    verdict,
)
from tests.diagnose.seen import (
    ELSEWHERE,
    FARM,
    HERE,
    IN_USE,
    LOST,
    PORT,
    RESTORED,
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
