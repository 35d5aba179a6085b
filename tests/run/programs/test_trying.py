"""Programs are tried at simulated gateways, each in a network and a place of its own."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.gateways.simulator.gateway_profiles import find
from harness.programs.answer import Answer
from harness.programs.difference import Kind
from harness.programs.program import Program, Ran
from harness.run.programs import network as networks
from harness.run.programs import places, running
from harness.run.programs.network import Network
from harness.run.programs.places import place_for
from harness.run.programs.trying import Replay, Side, Trial, attempt
from harness.shared.errors import UsageError
from harness.shared.status import Finding
from tests.limits import PATIENCE
from tests.recordings.simulated import file_of
from tests.run.programs.bots import needs_networks, write_bot

Try = Callable[..., Answer]
TODAY, THEN = Side(gateway=find("10.19")), Side(gateway=find("10.30"))


pytestmark = pytest.mark.usefixtures("networks_for_programs")


@pytest.fixture(scope="module")
def networks_for_programs() -> None:
    needs_networks()


@pytest.fixture(name="attempted")
def attempt_in_a_folder(tmp_path: Path) -> Try:
    def attempted(
        name: str,
        *words: str,
        seconds: float = PATIENCE,
        network: Network = Network.OWN,
        tell: Callable[[Ran], None] = lambda _: None,
        **more: Any,
    ) -> Answer:
        bot = write_bot(tmp_path, name)
        command = (sys.executable, bot.name, *words)
        program = Program(command=command, folder=tmp_path, seconds=seconds, **more)
        trial = Trial(program=program, today=TODAY, then=(THEN,), network=network)
        (answer,) = asyncio.run(attempt(trial, tell))
        return answer

    return attempted


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("asks", Finding.SAME),
        ("reads_where", Finding.SAME),
        ("asks_more_of_newer_ones", Finding.DIFFERENT),
        ("ends_otherwise_at_newer_ones", Finding.DIFFERENT),
        ("asks_what_nobody_knows", Finding.LACKING),
        ("never_connects", Finding.NO_CONTACT),
        ("fails", Finding.FAILS),
    ],
)
def test_a_program_is_answered_for(attempted: Try, name: str, finding: Finding) -> None:
    assert attempted(name).finding is finding


def test_what_it_asks_more_is_named_and_the_versions_are_both_there(attempted: Try) -> None:
    answer = attempted("asks_more_of_newer_ones")
    assert [(each.kind, each.where) for each in answer.found] == [(Kind.REQUEST, "req_current_time")]
    assert (answer.today.spoken, answer.then.spoken) == ((176,), (187,))
    assert not answer.same_wire


def test_words_and_variables_of_the_user_get_the_address(attempted: Try) -> None:
    assert attempted("is_told_where", "{host}", "{port}").finding is Finding.SAME
    assert attempted("is_given_a_variable", environment={"WHERE": "{host}:{port}"}).finding is Finding.SAME


def test_a_program_that_runs_on_is_ended_and_may_clean_up(attempted: Try) -> None:
    answer = attempted("runs_on", seconds=2.0)
    assert answer.finding is Finding.SAME
    assert answer.today.end.by_us
    assert answer.today.output == "ready\n"  # what it writes while it is ended is not compared


@pytest.mark.parametrize("name", ["leaves_a_process", "leaves_a_process_without_variables"])
def test_what_it_left_behind_is_ended(attempted: Try, tmp_path: Path, name: str) -> None:
    mark = f"of {tmp_path}"
    assert attempted(name, mark).today.end.left == 1
    assert not [each for each in psutil.process_iter(["cmdline"]) if mark in (each.info["cmdline"] or ())]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say what a process took")
def test_what_it_took_is_its_own(attempted: Try) -> None:
    """Not what its launcher took, nor ib-compat, from which it was forked."""
    little, much = (attempted(name).today.took for name in ("asks", "takes_much"))
    assert little.cpu_seconds is not None
    assert much.cpu_seconds is not None
    assert little.cpu_seconds < 0.3 <= much.cpu_seconds
    if sys.platform == "linux":
        assert much.peak_bytes is not None
        assert 200 * 2**20 < much.peak_bytes < 250 * 2**20


def test_where_its_environment_is_does_not_count(tmp_path: Path) -> None:
    """A traceback names it, and each version of a library has one of its own."""
    bot = write_bot(tmp_path, "writes_its_environment")
    program = Program(command=(sys.executable, bot.name), folder=tmp_path, seconds=PATIENCE)
    one, other = (Side(gateway=find("10.19"), library=each, tools=tmp_path / each / "bin") for each in ("one", "two"))
    trial = Trial(program=program, today=one, then=(other,), network=Network.OWN)
    (answer,) = asyncio.run(attempt(trial, lambda _: None))
    assert (answer.finding, answer.today.output) == (Finding.SAME, "$VIRTUAL_ENV/lib\n")


def test_it_writes_into_a_copy_and_into_an_empty_home(attempted: Try, tmp_path: Path) -> None:
    answer = attempted("writes")
    assert answer.finding is Finding.SAME
    assert answer.today.output == "x ~ .\n"
    assert not (tmp_path / "state.db").exists()


def test_it_may_write_into_its_folder_if_the_user_says_so(attempted: Try, tmp_path: Path) -> None:
    attempted("writes", copied=False)
    assert (tmp_path / "state.db").read_text("utf-8") == "xxx"


def test_signals_do_to_a_program_what_they_do_in_a_terminal(tmp_path: Path) -> None:
    """Else the first program of a pipeline is told of an error, or writes for ever."""
    program = Program(command=("grep", "SigIgn", "/proc/self/status"), folder=tmp_path, seconds=PATIENCE)
    trial = Trial(program=program, today=TODAY, then=(THEN,), network=Network.OWN)
    (answer,) = asyncio.run(attempt(trial, lambda _: None))
    assert answer.today.output.split() == ["SigIgn:", "0" * 16]


def test_a_program_that_the_system_cannot_start_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "bot").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    (tmp_path / "bot").chmod(0o755)
    program = Program(command=("./bot",), folder=tmp_path, seconds=PATIENCE)
    trial = Trial(program=program, today=TODAY, then=(THEN,), network=Network.OWN)
    (answer,) = asyncio.run(attempt(trial, lambda _: None))
    assert answer.today.output == "./bot: cannot be started: No such file or directory\n"


def test_it_reaches_no_other_gateway(attempted: Try) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        answer = attempted("looks_elsewhere", str(other.getsockname()[1]))
        assert answer.today.output == "cannot\n"
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()


def test_of_much_output_the_beginning_and_the_end_are_kept(attempted: Try) -> None:
    output = attempted("writes_without_end").today.output
    assert output.startswith("line x")
    assert output.endswith("the last\n")
    assert len(output) < 200_000


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_in_the_open_network_it_is_tried_only_if_no_gateway_is_there(
    attempted: Try, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("there is no IPv6")
    with socket.create_server((host, 0), family=family) as free:
        port = free.getsockname()[1]
        monkeypatch.setattr(networks, "usual_ports", lambda: (port,))
        with pytest.raises(UsageError, match=str(port)):
            attempted("is_told_where", "{host}", "{port}", network=Network.OPEN)
    assert attempted("is_told_where", "{host}", "{port}", network=Network.OPEN).finding is Finding.SAME


def test_a_gateway_that_is_started_between_two_runs_is_found(attempted: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(networks, "usual_ports", lambda: (port,))
    with contextlib.ExitStack() as stack:

        def start(_: object) -> None:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))

        with pytest.raises(UsageError, match=str(port)):
            attempted("is_told_where", "{host}", "{port}", network=Network.OPEN, tell=start)


def test_a_command_that_is_not_there_is_said_before_anything_runs(tmp_path: Path) -> None:
    program = Program(command=("no-such-command",), folder=tmp_path, seconds=1.0)
    trial = Trial(program=program, today=TODAY, then=(THEN,), network=Network.OWN)
    with pytest.raises(UsageError, match="no-such-command"):
        asyncio.run(attempt(trial, lambda _: None))


def test_a_recording_answers_too_and_what_it_lacks_decides_nothing(tmp_path: Path) -> None:
    replay = Side(gateway=Replay(file=file_of("gateway-10.45")))
    findings = {}
    for name in ("asks", "asks_for_news"):
        bot = write_bot(tmp_path, name)
        program = Program(command=(sys.executable, bot.name), folder=tmp_path, seconds=PATIENCE)
        trial = Trial(program=program, today=TODAY, then=(THEN, replay), network=Network.OWN)
        findings[name] = [each.finding for each in asyncio.run(attempt(trial, lambda _: None))]
    assert findings == {
        "asks": [Finding.SAME, Finding.SAME],
        "asks_for_news": [Finding.SAME, Finding.LACKING],
    }


def test_what_differs_once_only_is_not_believed(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The bot asks more in its first run with the other gateway, and then no more."""
    bot = write_bot(tmp_path, "differs_once")
    counter = tmp_path_factory.mktemp("elsewhere") / "counter"
    counter.write_text("", encoding="utf-8")
    program = Program(command=(sys.executable, bot.name, str(counter)), folder=tmp_path, seconds=PATIENCE)
    then = Side(gateway=find("10.30"))
    told: list[str] = []
    trial = Trial(program=program, today=TODAY, then=(then,), network=Network.OWN)
    (answer,) = asyncio.run(attempt(trial, lambda ran: told.append(ran.side)))
    assert answer.finding is Finding.SAME
    assert told.count("gateway-10.30") == 3, "once, and twice to confirm it"


@pytest.mark.parametrize(
    ("plan", "finding", "runs"),
    [("...x...", Finding.SAME, 7), (".......", Finding.DIFFERENT, 7)],
    ids=["by chance in three runs", "in all runs"],
)
def test_what_is_chance_with_one_gateway_is_believed_of_another_after_more_runs(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, plan: str, finding: Finding, runs: int
) -> None:
    """The bot asks more with the gateway of today, by chance with the second, and by its plan with the third."""
    plans = tmp_path_factory.mktemp("plans")
    for version, text in ((176, "x" * 8), (187, ".x."), (190, plan)):
        (plans / str(version)).write_text(text, encoding="utf-8")
    bot = write_bot(tmp_path, "asks_more_by_plan")
    program = Program(command=(sys.executable, bot.name, str(plans)), folder=tmp_path, seconds=PATIENCE)
    third, told = Side(gateway=find("10.37")), list[str]()
    trial = Trial(program=program, today=TODAY, then=(THEN, third), network=Network.OWN)
    chance, answer = asyncio.run(attempt(trial, lambda ran: told.append(ran.side)))
    assert (chance.finding, answer.finding) == (Finding.SAME, finding)
    assert told.count(third.called) == runs


def test_what_a_program_needs_is_linked_into_its_copy(tmp_path: Path) -> None:
    """Environments of any name, and the packages of Node."""
    for folder in ("tools", "node_modules", ".git", "own"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").touch()
    (tmp_path / "tools" / "pyvenv.cfg").touch()
    os.mkfifo(tmp_path / "pipe")
    with place_for(Program(command=("true",), folder=tmp_path, seconds=1.0)) as place:
        assert {each.name for each in place.folder.iterdir() if each.is_symlink()} == {"tools", "node_modules"}
        assert (place.folder / "tools" / "file").exists()
        assert (place.folder / "own" / "file").exists()
        assert not (place.folder / ".git").exists()
        assert not (place.folder / "pipe").exists()
    assert (tmp_path / "tools" / "file").exists()


def test_sets_of_a_python_program_have_one_order_in_all_runs(attempted: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    answer = attempted("writes_a_hash")
    assert len(answer.today.output.strip()) > 1
    assert not answer.noise


def test_a_path_that_is_written_out_leads_into_the_copy(attempted: Try, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    answer = attempted("writes_to", str(tmp_path / "data"), str(tmp_path / "new"))
    assert answer.today.output == "./data ./new .\n"
    assert not (tmp_path / "data").read_text("utf-8")
    assert not (tmp_path / "new").exists()


@pytest.fixture(name="linking")
def folder_with_links(tmp_path: Path) -> Path:
    """A folder with links into it and out of it."""
    folder = tmp_path / "program"
    folder.mkdir()
    for name in ("beside.py", "program/bot.py"):
        (tmp_path / name).write_text("as it was", encoding="utf-8")
        (tmp_path / name).chmod(0o444)
    for name, target in (("out", "../beside.py"), ("into", folder / "bot.py"), ("near", "bot.py"), ("loop", "loop")):
        (folder / name).symlink_to(target)
    (folder / "folder").symlink_to(tmp_path)
    return folder


def test_links_of_a_copy_lead_into_the_copy_or_to_where_they_did(linking: Path) -> None:
    with place_for(Program(command=("true",), folder=linking, seconds=1.0)) as place:
        assert (place.folder / "out").resolve() == (linking.parent / "beside.py").resolve()
        for name in ("into", "near"):
            assert (place.folder / name).resolve() == (place.folder / "bot.py").resolve()
        assert (place.folder / "folder").resolve() == linking.parent.resolve()


def test_an_edit_changes_the_copy_only(linking: Path) -> None:
    edits = {Path(name): b"changed" for name in ("out", "into", "near", "bot.py")}
    with place_for(Program(command=("true",), folder=linking, seconds=1.0, edits=edits)) as place:
        assert {(place.folder / name).read_text("utf-8") for name in edits} == {"changed"}
        assert (place.folder / "bot.py").stat().st_mode & 0o777 == 0o444
    assert {(linking.parent / name).read_text("utf-8") for name in ("beside.py", "program/bot.py")} == {"as it was"}
    behind = Program(command=("true",), folder=linking, seconds=1.0, edits={Path("folder/beside.py"): b"changed"})
    with pytest.raises(UsageError, match="leads elsewhere"), place_for(behind):
        pass
    assert (linking.parent / "beside.py").read_text("utf-8") == "as it was"


def test_a_file_that_is_gone_before_it_is_copied_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [tmp_path / name for name in ("while it is copied", "while it is measured")]
    for file in (*gone, tmp_path / "stays"):
        file.touch()
    linked = places._linked

    def linked_later(*words: Any) -> set[str]:
        gone.pop().unlink()
        return linked(*words)

    monkeypatch.setattr(places, "_linked", linked_later)
    with place_for(Program(command=("true",), folder=tmp_path, seconds=1.0)) as place:
        assert [each.name for each in place.folder.iterdir()] == ["stays"]


def test_a_launcher_that_is_never_ready_is_said(
    attempted: Try, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silent = tmp_path / "silent.py"
    silent.write_text("import time; time.sleep(600)", encoding="utf-8")
    monkeypatch.setattr(networks, "_LAUNCHER", silent)
    monkeypatch.setattr(networks, "_HANDED_OVER_SECONDS", 0.01)
    with pytest.raises(UsageError, match="network of its own"):
        attempted("asks")


def test_the_clock_is_forgotten_of_what_never_began(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forgotten: list[int] = []
    monkeypatch.setattr(running, "forget_clock", forgotten.append)
    monkeypatch.setattr(places, "moved_clock", lambda *_: {})

    async def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(networks.OwnNetwork, "_handed_over", interrupted)
    program = Program(command=(sys.executable, "-c", ""), folder=tmp_path, seconds=PATIENCE)
    gateway = running.Gateway(at=("127.0.0.1", 1), ahead=-3600.0)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(running.run_program(program, gateway, Network.OWN, side="today"))
    assert len(forgotten) == 1


def test_a_folder_that_cannot_be_copied_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").touch()
    refusal = PermissionError(errno.EACCES, "Permission denied", "secret")

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(shutil, "copy2", refuse)
    program = Program(command=("true",), folder=tmp_path, seconds=1.0)
    with pytest.raises(UsageError, match="Permission denied"), place_for(program):
        pass
