"""A run in a network that is slow and loses packets: real libraries, real packets, and nothing left of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from campaigns import chaos, surroundings
from campaigns.surroundings import network, no_network
from campaigns.targets import ROOT
from campaigns.trial import Trial
from tests.campaigns.test_chaos import campaign, need

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux has namespaces")

SAYS = """
import socket, sys, threading, time
server = socket.create_server(("127.0.0.1", 0))

def answer():
    there, _ = server.accept()
    while data := there.recv(1):
        there.sendall(data)

threading.Thread(target=answer, daemon=True).start()
here = socket.create_connection(server.getsockname())
for number in range(int(sys.argv[1])):
    began = time.monotonic()
    here.sendall(b"x")
    assert here.recv(1) == b"x"
    print(time.monotonic() - began)
"""
RESENT = 0.15
"""Seconds after which TCP sends again at the earliest, or nearly: 0.2 on Linux."""


def round_trips(count: int, *, delay: float, loss: float) -> list[float]:
    """How long it takes there and back, in a network of its own."""
    why = no_network()
    if why is not None:
        pytest.skip(why)
    words = network([sys.executable, "-c", SAYS, str(count)], delay=delay, loss=loss, seed="7")
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(words, env=given, stdout=subprocess.PIPE, text=True, check=True)
    return [float(line) for line in ended.stdout.splitlines()]


def test_a_packet_is_on_its_way_as_long_as_was_said() -> None:
    trips = round_trips(5, delay=0.03, loss=0)
    assert len(trips) == 5
    assert min(trips) >= 0.06


def test_the_network_of_everybody_else_is_left_alone() -> None:
    words = network(["true"], delay=0, loss=0, seed="")
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(words[words.index(sys.executable) :], env=given, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.startswith("this is the network of who started it")) == (1, True)


def test_a_packet_that_is_lost_is_sent_again() -> None:
    assert max(round_trips(40, delay=0, loss=0.2)) > RESENT


def spaces(processes: Iterable[int]) -> set[str]:
    """The network namespaces of processes, but for our own."""
    found = set()
    for each in processes:
        with suppress(OSError):  # it has ended
            found.add(str(Path(f"/proc/{each}/ns/net").readlink()))
    return found - {str(Path("/proc/self/ns/net").readlink())}


@pytest.mark.slow
@pytest.mark.parametrize(("attack", "cells"), [("bad network", chaos.CELLS), ("bad network, Ctrl-C", None)])
def test_a_bad_network_is_no_librarys_fault_and_is_gone_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str, cells: int | None
) -> None:
    need(attack)
    monkeypatch.setattr(surroundings, "DELAY", (0.01, 0.02))
    seen: set[str] = set()
    reaches, ended = Trial.reaches, Trial.ended

    def looked_at(trial: Trial, count: int, counted: Callable[[], int]) -> bool:
        answer = reaches(trial, count, counted)
        seen.update(spaces(each.pid for each in trial.processes()))
        return answer

    def looked_at_before(trial: Trial) -> tuple[int | None, list[str]]:
        trial.reaches(1, lambda: len(trial.told()))
        return ended(trial)

    monkeypatch.setattr(Trial, "reaches", looked_at)
    monkeypatch.setattr(Trial, "ended", looked_at_before)
    code, figure = campaign(tmp_path, monkeypatch, attack)
    assert code == 0, figure
    assert figure["kept"] == figure["finished"] == (cells or figure["kept"]) > 0
    assert (figure["blamed"], figure["impossible"], figure["processes"], figure["problems"]) == (0, 0, 0, [])
    assert seen
    assert not seen & spaces(psutil.pids())


def test_where_no_network_can_be_made_the_attack_is_left_out_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert no_network() == "there is no unshare here (Linux: util-linux)"
