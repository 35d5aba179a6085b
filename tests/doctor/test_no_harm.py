"""Looking does no harm: a gateway that a few bad clients wedge answers after twice as many looks of every kind."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.diagnose.control import earlier_looks, search
from harness.diagnose.control.search import Patience
from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from tests.commands import environment, ib_compat
from tests.diagnose.host.ends import on_linux
from tests.doctor.looking import playing
from tests.limits import PATIENCE

pytestmark = pytest.mark.slow

WEDGES = 3
"""Clients that wedge the gateway: as few as were reported."""

LOOKS = 2 * WEDGES + 1
"""If every look left one such client, or every second, the gateway would be wedged."""

ANSWERING = {"wedges_after_mute": 1, "wedges_after_unanswered": 1}
SILENT = {"wedges_after_mute": 1, "wedges_after_unanswered": WEDGES, "silent_above": 150}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wait for little: what is waited for does not come, and what comes comes at once."""
    monkeypatch.setenv("IB_COMPAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(importlib.import_module("harness.diagnose.control.attempt"), "_QUIET", 0.02)
    monkeypatch.setattr(search, "_PAUSE", 0.0)
    monkeypatch.setattr(earlier_looks, "_SETTLE", 0.01)
    monkeypatch.setattr(search, "Patience", partial(Patience, plain=0.3, again=0.1, more=0.3))
    monkeypatch.chdir(tmp_path)


@contextmanager
def beside(**behaviour: object) -> Iterator[SimulatedGateway]:
    """Have a gateway in a loop of its own, as the command has one."""
    up, over = threading.Event(), asyncio.Event()
    gateway = playing(behaviour=Behaviour.model_validate(behaviour))
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with gateway:
            up.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert up.wait(PATIENCE)
        yield gateway
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def unanswered(seen: dict[str, Any]) -> int:
    """How many connections a look left without an answer: each has an end of its own."""
    return len({tuple(each["source"]) for each in seen["attempts"] if each["ended"] == "silent"})


ROWS = ("ib_async==2.1.0", "ib_insync==0.9.86", "nautilus-ibapi==10.37.2")
"""One of each adapter; a cell connects five times, and the control before and after."""

MATRIX = """
[defaults]
checks = {checks}
connect_timeout = 2.0

[[library]]
adapter = "{adapter}"
distribution = "{name}"
versions = ["{version}"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "address"
host = "127.0.0.1"
port = {port}
"""

WAYS: dict[str, list[str]] = {
    "doctor": ["doctor"],
    "watch": ["doctor", "--watch", "--timeout", "0.1", "--interval", "0.01"],
    "gate": ["doctor", "--gate", "--timeout", "0.1"],
    "bundle": ["bundle", "--no-run", "--output", "bundle.zip"],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_gateway_that_answers_is_none_the_worse_for_looks(way: str) -> None:
    """Not one comes without a hello, and not one leaves before it is answered."""
    with beside(**ANSWERING) as gateway:
        for _ in range(LOOKS):
            main([*WAYS[way], f"127.0.0.1:{gateway.port}"])
        assert (gateway.kept.mute, gateway.kept.unanswered, gateway.kept.wedged) == (0, 0, False)


@on_linux
@pytest.mark.parametrize("way", WAYS)
def test_a_gateway_that_does_not_answer_keeps_two_of_ours_at_most(way: str) -> None:
    """Each command is another process to it: what the first left there is known to the next."""
    with beside(**SILENT) as gateway:
        for _ in range(LOOKS):
            main([*WAYS[way], f"127.0.0.1:{gateway.port}"])
        assert gateway.kept.mute == 0
        assert gateway.kept.unanswered <= search.UNANSWERED
        assert not gateway.kept.wedged


@on_linux
def test_a_gateway_that_keeps_two_of_ours_is_left_alone_until_a_person_asks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with beside(**SILENT) as gateway:
        seen = []
        for more in ([], [], ["--probe-more"]):
            main(["doctor", "--json", *more, f"127.0.0.1:{gateway.port}"])
            seen.append(json.loads(capsys.readouterr().out)[0])
        assert seen[1]["verdict"]["code"] == "left-alone"
        assert seen[2]["verdict"]["code"] != "left-alone"
        assert unanswered(seen[2]) > search.UNANSWERED


@on_linux
def test_what_we_left_ourselves_is_no_evidence_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    """Two of ours are in CLOSE_WAIT there; nobody else has ever come."""
    with beside(**SILENT) as gateway:
        main(["doctor", "--json", f"127.0.0.1:{gateway.port}"])
        capsys.readouterr()
        main(["doctor", "--json", f"127.0.0.1:{gateway.port}"])
        seen = json.loads(capsys.readouterr().out)[0]
    left = [each for each in seen["host_view"]["connections"] if each["state"] == "CLOSE_WAIT"]
    assert [each["ours"] for each in left] == [True] * search.UNANSWERED
    assert not any("CLOSE_WAIT" in sentence for sentence in seen["verdict"]["because"])


def test_runs_leave_nobody_without_a_hello_or_an_answer(tmp_path: Path) -> None:
    """The stage ``tcp`` of a cell is the library's own connect; and the control says hello before it and after."""
    with beside(**ANSWERING) as gateway:
        for look in range(LOOKS):
            main(run_of(ROWS[look % len(ROWS)], gateway.port, tmp_path))
            assert (gateway.kept.mute, gateway.kept.unanswered) == (0, 0)
    assert statuses(tmp_path) == {"pass"}


@on_linux
def test_runs_ask_no_library_where_the_control_is_not_answered(tmp_path: Path) -> None:
    """Each of them would leave another connection without an answer; the next run knows what the last left."""
    with beside(**SILENT) as gateway:
        for _ in range(LOOKS):
            main(run_of(ROWS[0], gateway.port, tmp_path))
        assert gateway.kept.mute == 0
        assert gateway.kept.unanswered <= search.UNANSWERED
        assert not gateway.kept.wedged
    assert statuses(tmp_path) == {"skipped"}


@on_linux
def test_where_the_cache_cannot_be_written_looks_are_remembered_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a container with a read-only root."""
    monkeypatch.setenv("IB_COMPAT_CACHE", "/proc/nope")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with beside(**SILENT) as gateway:
        for _ in range(LOOKS):
            main(["doctor", f"127.0.0.1:{gateway.port}"])
        assert gateway.kept.unanswered == search.UNANSWERED


@on_linux
def test_where_nothing_can_be_remembered_what_hangs_may_be_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It adds no third, and what hangs is no evidence of others."""
    monkeypatch.setenv("IB_COMPAT_CACHE", "/proc/nope")
    monkeypatch.setattr("tempfile.tempdir", "/proc/neither")
    seen: dict[str, Any] = {}
    with beside(**SILENT) as gateway:
        for _ in range(3):
            monkeypatch.setattr(
                "harness.diagnose.host.our_connections._left", {}
            )  # as another process, which knows nothing of this one
            monkeypatch.setattr("harness.diagnose.host.our_connections._made", OrderedDict())
            main(["doctor", "--json", f"127.0.0.1:{gateway.port}"])
            seen = json.loads(capsys.readouterr().out)[0]
        assert gateway.kept.unanswered == search.UNANSWERED
    assert seen["verdict"]["code"] == "left-alone"
    assert [each["ours"] for each in seen["host_view"]["connections"] if each["state"] == "CLOSE_WAIT"] == [True] * 2
    assert any("looks forget" in each for each in seen["host_view"]["unseen"])


@on_linux
def test_looks_at_the_same_time_leave_two_together(tmp_path: Path) -> None:
    """Each of them is a process of its own, as a health check and a person are."""
    given = {**environment(), "IB_COMPAT_CACHE": str(tmp_path)}
    with beside(wedges_after_unanswered=99, silent_above=150) as gateway:
        words = ib_compat("doctor", "--json", f"127.0.0.1:{gateway.port}")
        looks = [subprocess.Popen(words, env=given, stdout=subprocess.PIPE) for _ in range(3)]
        seen = [json.loads(look.communicate(timeout=120)[0])[0]["attempts"] for look in looks]
        assert gateway.kept.unanswered == search.UNANSWERED
    assert sum(attempts[0]["ended"] == "not-asked" for attempts in seen) == len(looks) - 1


@on_linux
@pytest.mark.parametrize("more", [[], ["--no-record"]], ids=["recorded", "not recorded"])
@pytest.mark.parametrize("served", range(1, 5))
def test_a_gateway_that_falls_silent_in_a_run_keeps_two_of_ours_at_most(
    tmp_path: Path, served: int, more: list[str]
) -> None:
    """Whoever comes first after that: a cell, a cell that connects again, or the look after it."""
    behaviour = {"wedges_after_mute": 1, "wedges_after_unanswered": WEDGES, "silent_after": served}
    with beside(**behaviour) as gateway:
        words = run_of(ROWS[0], gateway.port, tmp_path, checks=["reconnect", "second_client"])
        for _ in range(2):
            main([*words, *more])
        assert gateway.kept.mute == 0
        assert 0 < gateway.kept.unanswered <= search.UNANSWERED
    assert "error" not in statuses(tmp_path)


def run_of(library: str, port: int, folder: Path, checks: Sequence[str] = ("current_time",)) -> list[str]:
    """Write a matrix of one row and a few questions, and give the words of a run of it."""
    environments = os.environ.get("IB_COMPAT_ENVIRONMENTS")
    if not environments:
        pytest.skip("needs the rows' environments, which nox builds")
    name, _, version = library.partition("==")
    adapter = "ibapi" if "ibapi" in name else name
    file = folder / f"{name}.toml"
    file.write_text(
        MATRIX.format(checks=json.dumps(list(checks)), adapter=adapter, name=name, version=version, port=port), "utf-8"
    )
    return [
        "run",
        "--no-build",
        "--matrix",
        str(file),
        "--environments",
        environments,
        "--results",
        str(folder / "results"),
    ]


def statuses(folder: Path) -> set[str]:
    """Give what the cells of all runs came to."""
    files = (folder / "results").glob("20*/results.json")
    return {cell["status"] for file in files for cell in json.loads(file.read_text("utf-8"))["cells"].values()}


def test_the_way_in_which_a_port_is_tested_wedges_it() -> None:
    """What nobody should do does what was reported: else the tests above would show nothing."""

    async def scenario() -> bool:
        async with playing("wedges-after-mute") as gateway:
            await gateway.kept.made("127.0.0.1", gateway.port, WEDGES)
            return gateway.kept.wedged

    assert asyncio.run(scenario())


def test_who_leaves_without_an_answer_wedges_it() -> None:
    async def scenario(leave: Callable[[int], object]) -> bool:
        behaviour = Behaviour(wedges_after_unanswered=WEDGES, silent_above=150)
        async with playing(behaviour=behaviour) as gateway:
            while not gateway.kept.wedged:
                _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
                writer.write(b"API\0\0\0\0\x09v100..226")
                await writer.drain()
                writer.close()
                leave(gateway.kept.unanswered)
                await asyncio.sleep(0)
            return gateway.kept.unanswered >= WEDGES

    assert asyncio.run(scenario(lambda count: count))


def test_the_words_in_help_are_those_of_the_limits(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--help"])
    sentences = " ".join(capsys.readouterr().out.split()).split(". ")
    words = {2: "two"}
    assert any(f"At most {words[search.UNANSWERED]} " in said and "--probe-more" in said for said in sentences)
    assert any("TLS" in said and "HTTP" in said and "only if another program" in said for said in sentences)


def test_probing_more_is_said_beforehand_and_leaves_no_more_than_that(capsys: pytest.CaptureFixture[str]) -> None:
    with beside(**SILENT) as gateway:
        main(["doctor", "--json", "--probe-more", f"127.0.0.1:{gateway.port}"])
    told = capsys.readouterr()
    most = re.search(r"up to (\d+) connections may be left without an answer, some without a hello", told.err)
    assert most
    assert search.UNANSWERED < unanswered(json.loads(told.out)[0]) <= int(most[1])
