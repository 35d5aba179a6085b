"""The page of every seed case, as a user sees it at a width of 100, without colour.

``IB_COMPAT_REWRITE=1`` writes the pages anew; read what changed before you commit it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from harness.diagnose.control import search as tries
from harness.diagnose.gateway_case import diagnose
from harness.diagnose.host import HostView, Kind
from harness.doctor.examine import Examination
from harness.known.scenarios import played
from harness.plan.matrix.load import load_matrix
from harness.shared.evidence import Ended, ProbeRecord
from harness.shared.evidence.machine_view import Connection, Owner, Side
from harness.views.terminal.doctor_page import draw_examination
from harness.views.terminal.doctor_sentences import headline, host_lines
from harness.views.terminal.style import Style
from tests.doctor.looking import SEEDS, seed

PAGES = Path(__file__).parent / "doctor"
NAMES = [spec.name for spec in load_matrix(SEEDS).gateways]
LINUX_ONLY = {"b-never-read", "c-wrong-hello"}
"""Their pages tell what waits in sockets, which only Linux does."""

WIDTH = 100
PORT = 40_001
QUICKLY = 0.001
PYTHON = Owner(kind=Kind.OTHER, name="python", pid=4242, started=None)


@cache
def steady(name: str) -> Examination:
    """A seed case with what differs from machine to machine and from run to run laid down, and judged again.

    That is done before the page is drawn, because a line breaks according to how long its words are.
    """
    seen = seed(name)
    both = seen.subject.spec is not None and played(seen.subject.spec.scenario).ipv6
    attempts = tuple(_steady_attempt(each, both=both) for each in seen.case.found.attempts)
    found = replace(seen.case.found, attempts=attempts)
    view = _steady_view(seen.view)
    case = replace(seen.case, port=PORT, found=found, view=view)
    return replace(seen, subject=replace(seen.subject, port=PORT), case=case, view=view, verdict=diagnose(case))


def _steady_attempt(attempt: ProbeRecord, *, both: bool) -> ProbeRecord:
    """Whole seconds, or a thousandth; and a machine that speaks IPv6, at which the gateway listens or not."""
    seconds = {key: float(round(value)) or QUICKLY for key, value in attempt.seconds.items()}
    last = None if attempt.last_byte is None else float(round(attempt.last_byte)) or QUICKLY
    attempt = replace(attempt, seconds=seconds, last_byte=last)
    if attempt.when != tries.OTHER_ADDRESS:
        return attempt
    if both:
        reason = "no answer within 3 s"
        return replace(attempt, seconds={"tcp": QUICKLY}, ended=Ended.SILENT, reason=reason, stage="version")
    return replace(attempt, ended=Ended.REFUSED, reason="connection refused: nothing listens there")


def _steady_view(view: HostView) -> HostView:
    """Only what has to do with the gateway itself, at its IPv4 address."""
    own = (each for each in view.listeners if each.port == view.port and each.host != "::1")
    listeners = tuple(replace(each, port=PORT, owner=PYTHON) for each in own)
    connections = tuple(map(_steady_connection, view.connections))
    return HostView(
        system="linux",
        local=view.local,
        port=PORT,
        listeners=listeners,
        connections=connections,
        addresses=view.addresses,
    )


def _steady_connection(connection: Connection) -> Connection:
    return replace(connection, unread=100 if connection.unread else connection.unread)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_seed_case_is_as_it_was_read(name: str) -> None:
    if name in LINUX_ONLY and sys.platform != "linux":
        pytest.skip("only Linux tells what waits in sockets")
    page = draw_examination(steady(name), width=WIDTH, style=Style()) + "\n"
    file = PAGES / f"{name}.txt"
    if os.environ.get("IB_COMPAT_REWRITE"):
        file.write_text(page, encoding="utf-8")

    assert page == file.read_text("utf-8")


def test_there_is_a_page_for_every_seed_case_and_no_other() -> None:
    assert {file.stem for file in PAGES.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_laid_down_does_not_change_the_verdict(name: str) -> None:
    before, after = seed(name).verdict, steady(name).verdict

    assert (after.code, after.fault, after.sure, len(after.next)) == (
        before.code,
        before.fault,
        before.sure,
        len(before.next),
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [70, 80, 100])
def test_a_page_fits_the_terminal(name: str, width: int) -> None:
    lines = draw_examination(seed(name), width=width, style=Style()).splitlines()

    assert all(len(line) <= width or " " not in line[12:] for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_without_unicode_says_the_same(name: str) -> None:
    fancy = draw_examination(steady(name), width=WIDTH, style=Style())
    plain = draw_examination(steady(name), width=WIDTH, style=Style(unicode=False))

    assert plain.isascii()
    assert len(plain.splitlines()) == len(fancy.splitlines())


def test_the_headline_names_what_who_how_sure_and_the_code() -> None:
    assert headline(steady("b-never-read")).endswith("· at fault: settings, likely [wedged-by-port-checks]")
    assert headline(steady("h-read-only")).endswith("· at fault: settings, certain [read-only-api]")


@pytest.mark.parametrize(("count", "says"), [(1, "1 connected client"), (2, "2 connected clients")])
def test_other_clients_are_counted(count: int, says: str) -> None:
    here, there = ("127.0.0.1", PORT), ("127.0.0.1", 50_001)
    client = Connection(
        side=Side.GATEWAY, state="ESTABLISHED", local=here, peer=there, unread=0, accepted=True, owner=PYTHON
    )
    view = HostView(system="linux", local=True, port=PORT, connections=(client,) * count)

    assert list(host_lines(view, PORT, 0.0)) == [says]
