"""``ib-compat tap``: real programs ask a gateway that runs, and it says what, and what came of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.cli import main
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.pytest_plugin.gateway_thread import GatewayThread
from harness.shared.errors import ExitCode
from harness.wire.framing import encode_frame
from harness.wire.message import Message
from tests.cli.test_record import client, free_port, gateway
from tests.commands import environment, ib_compat, program
from tests.limits import PATIENCE
from tests.recordings.made import HELLO, REPLY, frame
from tests.run.programs.bots import write_bot

ACCOUNT, MASKED = "DU9000001", "DU9***01"


@pytest.fixture(name="wide", autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@contextmanager
def running(mode: str = "paper") -> Iterator[str]:
    """Run a simulated gateway, which knows nothing of taps; give its port."""

    def make() -> SimulatedGateway:
        return SimulatedGateway(find("10.45"), mode=mode, host="127.0.0.1", port=0)

    with GatewayThread(make) as thread:
        yield str(thread.gateway.port)


@pytest.fixture(name="there", scope="module")
def one_for_all() -> Iterator[str]:
    with running() as port:
        yield port


@pytest.fixture(name="bot")
def bots_in_a_folder(tmp_path: Path) -> Callable[..., list[str]]:
    def bot(name: str = "is_told_where", *words: str) -> list[str]:
        told = words or (("{host}", "{port}") if name == "is_told_where" else ())
        return [sys.executable, str(write_bot(tmp_path, name)), *told]

    return bot


@pytest.mark.parametrize("name", ["is_told_where", "reads_where"])
def test_a_program_is_told_the_address_and_what_it_asked_is_said(
    there: str, bot: Callable[..., list[str]], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["tap", "--to", there, "--", *bot(name)]) == ExitCode.AS_EXPECTED
    said = capfd.readouterr()
    assert said.out == ""
    assert "client 7: speaks 100-187, server version 187" in said.err
    assert ["req_positions", "1", "answered"] in [line.split() for line in said.err.splitlines()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere it must be given the address first")
def test_it_may_listen_at_another_address_of_this_machine(
    there: str, bot: Callable[..., list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    """So a program that tells paper from live by the port gets the port that it expects."""
    assert main(["tap", "--to", there, "--listen", "127.0.0.2:0", "--", *bot()]) == ExitCode.AS_EXPECTED
    assert "clients connect to 127.0.0.2:" in capfd.readouterr().err


def test_its_exit_code_is_passed_on(there: str, bot: Callable[..., list[str]]) -> None:
    asks = [*bot(), "{host}", "{port}"]
    assert main(["tap", "--to", there, "--", "/bin/sh", "-c", '"$@"; exit 7', "sh", *asks]) == 7


def test_the_client_id_is_filled_in(there: str, capfd: pytest.CaptureFixture[str]) -> None:
    word = "import sys; print(sys.argv[1])"
    main(["tap", "--to", there, "--client-id", "42", "--", sys.executable, "-c", word, "{client_id}"])
    assert capfd.readouterr().out == "42\n"


@pytest.mark.parametrize(("ends_with", "code"), [(0, ExitCode.HARNESS_FAILED), (5, 5)])
def test_a_program_that_never_connects_did_not_ask(
    there: str, ends_with: int, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["tap", "--to", there, "--", sys.executable, "-c", f"raise SystemExit({ends_with})"]) == code
    err = capfd.readouterr().err
    assert "nobody connected" in err
    assert "did not ask" in err


def test_nothing_listens_there(bot: Callable[..., list[str]], capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert main(["tap", "--to", str(port), "--", *bot()]) == 1, "the bot ends with a traceback"
    err = capfd.readouterr().err
    assert "cannot be reached" in err
    assert f"127.0.0.1:{port}: takes no connection" in err
    assert f"ib-compat doctor 127.0.0.1:{port}" in err
    assert "no hello" not in err


def test_the_gateway_goes_away(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])

        def take_and_leave() -> None:
            with listener.accept()[0] as client:
                client.recv(len(HELLO))

        taker = threading.Thread(target=take_and_leave)
        taker.start()
        program = [sys.executable, "-c", _HEARS_THE_END, HELLO.hex(), "{port}"]
        assert main(["tap", "--to", port, "--", *program]) == ExitCode.HARNESS_FAILED
        taker.join()
    assert "the gateway ended the connection" in capfd.readouterr().err


_HEARS_THE_END = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as there:
    there.sendall(bytes.fromhex(sys.argv[1]))
    there.recv(1)
"""


def test_the_port_is_taken(there: str, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["tap", "--to", there, "--listen", str(port)]) == ExitCode.HARNESS_FAILED
    assert f"127.0.0.1:{port}" in capfd.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "4002", "--", "no-such-command"],
        ["--to", "4002", "--listen", "4002"],
        ["--to", "localhost:4002", "--listen", "[::1]:4002"],
        ["--to", "4002", "--listen", "192.168.1.5:4102"],
        ["--to", "4002", "--listen", "70000"],
        ["--to", "no.such.host.invalid:4002"],
        ["--to", "4002:4102"],
        ["--", "true"],
    ],
)
def test_wrong_use_is_said(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["tap", *words]) == ExitCode.WRONG_USE
    assert capfd.readouterr().err


@pytest.mark.parametrize(("words", "came"), [([], "kept from the gateway"), (["--orders"], "refused")])
def test_an_order_passes_only_if_the_user_says_so(
    there: str, bot: Callable[..., list[str]], words: list[str], came: str, capfd: pytest.CaptureFixture[str]
) -> None:
    main(["tap", "--to", there, *words, "--", *bot("cancels", "{port}")])
    said = capfd.readouterr()
    assert f"cancel_order  1  {came}" in said.err
    assert said.out == ("321\n" if came != "refused" else "10147\n"), "what its gateway answers"


@pytest.mark.parametrize(("words", "code"), [([], ExitCode.HARNESS_FAILED), (["--allow-live"], 0)])
def test_a_live_account_is_read_only_if_the_user_says_so(
    bot: Callable[..., list[str]], words: list[str], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with running("live") as port:
        quiet = [sys.executable, "-c", "import subprocess, sys; subprocess.call(sys.argv[1:])", *bot()]
        assert main(["tap", "--to", port, *words, "--", *quiet]) == code
    err = capfd.readouterr().err
    assert ("--allow-live" in err) == bool(code)
    assert ("req_positions" in err) != bool(code)


def test_an_order_never_passes_to_a_live_account(
    bot: Callable[..., list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    with running("live") as port:
        main(["tap", "--to", port, "--allow-live", "--orders", "--", *bot("cancels", "{port}")])
    assert "cancel_order  1  kept from the gateway" in capfd.readouterr().err


def test_the_conversation_is_said_while_it_happens_without_accounts(
    there: str, bot: Callable[..., list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    main(["tap", "--to", there, "--trace", "--", *bot()])
    err = capfd.readouterr().err
    lines = [line.split(maxsplit=3) for line in err.splitlines()]
    assert [line[2] for line in lines if line[3:] and line[3].startswith("req positions")] == ["→"]
    assert MASKED in err
    assert ACCOUNT not in err
    assert err.index("req positions") < err.index("req_positions"), "the digest comes last"


@pytest.mark.parametrize("more", ["--trace", "--json"])
def test_an_account_that_looks_like_none_is_masked_too(more: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Only the gateway's list says that it is one."""
    accounts = frame(Message("managed_accounts", {"accounts": "Family_Smith"}))
    notice = frame(Message("error", {"req_id": -1, "code": 2104, "text": "of Family_Smith"}))
    says = b"".join(map(encode_frame, (REPLY, accounts, notice)))
    with gateway(says) as port:
        main(["tap", "--to", str(port), "--allow-live", more, "--", *client("{port}", 0, says)])
    said = capfd.readouterr()
    assert "of Fam***th" in said.out + said.err
    assert "Smith" not in said.out + said.err


def test_it_is_had_as_json_and_nothing_else(
    there: str, bot: Callable[..., list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    program = "import subprocess, sys; print('mine'); sys.exit(subprocess.call(sys.argv[1:]))"
    assert main(["tap", "--to", there, "--json", "--", sys.executable, "-c", program, *bot()]) == 0
    said = capfd.readouterr()
    document = json.loads(said.out)
    assert "mine" in said.err
    assert document["exit_code"] == 0
    (connection,) = document["connections"]
    assert (connection["client_id"], connection["server_version"], connection["ready"]) == (7, 187, True)
    assert connection["ended_by"] == "client"
    assert connection["requests"] == [{"name": "req_positions", "outcome": "answered", "count": 1, "errors": []}]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.slow
def test_without_a_command_it_stands_until_the_user_ends_it(there: str, bot: Callable[..., list[str]]) -> None:
    words = ib_compat("tap", "--to", there)
    with subprocess.Popen(words, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        port = process.stderr.readline().partition("connect to 127.0.0.1:")[2].partition(",")[0]
        for _ in range(2):
            subprocess.run(bot("is_told_where", "localhost", port), check=True, timeout=PATIENCE)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert err.count("client 7") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.slow
def test_a_program_that_the_user_ends_may_clean_up_at_the_gateway(there: str, tmp_path: Path) -> None:
    bot = write_bot(tmp_path, "cleans_up_where_it_is_told")
    words = program("tap", "--to", there, "--", sys.executable, str(bot), "{host}", "{port}")
    with subprocess.Popen(
        words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (4, "bye\n")
    assert "req_positions  1  answered" in err
