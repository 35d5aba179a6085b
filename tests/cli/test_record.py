"""``ib-compat record``: what it makes of a conversation, and of everything that may end or disturb it."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.cli import main
from harness.recordings.archive import read_recording
from harness.recordings.recording import Framed, Greeted, Recording
from harness.wire.framing import encode_frame
from harness.wire.message import Sender
from tests.commands import environment, ib_compat, program
from tests.recordings.made import ACCOUNTS, HEAD, HELLO, REPLY, SESSION, START, packed, write_part

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
WELCOME = encode_frame(REPLY) + encode_frame(ACCOUNTS)
CLIENT = """
import socket, sys
hello, start, length = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
with socket.create_connection(("127.0.0.1", int(sys.argv[4]))) as gateway:
    gateway.sendall(hello)
    while length:
        length -= len(gateway.recv(length))
    gateway.sendall(start)
sys.exit(int(sys.argv[5]))
"""


@contextmanager
def gateway(says: bytes = WELCOME) -> Iterator[int]:
    """Serve, in threads, a gateway that says the same to whoever says something; give its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.recv(4096)
                connection.sendall(says)
                while connection.recv(4096):
                    pass

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):  # it wakes who accepts
            listener.shutdown(socket.SHUT_RDWR)


def client(port: str, code: int = 0, said: bytes = WELCOME) -> list[str]:
    start = encode_frame(START).hex()
    return [sys.executable, "-c", CLIENT, HELLO.hex(), start, str(len(said)), port, str(code)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@dataclass
class Running:
    """A recording that goes on in a process."""

    process: subprocess.Popen[str]
    port: int

    def connect(self) -> socket.socket:
        """Connect a client, and let it say hello and hear the gateway's first words."""
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        opened.sendall(HELLO)
        hear(opened, WELCOME)
        return opened

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def hear(opened: socket.socket, wanted: bytes) -> None:
    heard = b""
    while len(heard) < len(wanted):
        heard += opened.recv(65536)
    assert heard == wanted


@contextmanager
def recording(port: int, *words: str, start: Callable[..., list[str]] = ib_compat) -> Iterator[Running]:
    command = start("record", "--proxy", f"{port}:0", *words)
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            first = process.stderr.readline()
            found = re.search(r"clients connect to 127\.0\.0\.1:(\d+)", first)
            assert found, first + process.stderr.read()
            yield Running(process, int(found[1]))
        finally:
            process.kill()
            process.communicate()


def first_words(recorded: Recording) -> list[bytes]:
    return [
        entry.data if isinstance(entry, Greeted) else entry.payload
        for entry in recorded.entries
        if isinstance(entry, Greeted | Framed) and entry.connection == 1
    ]


def until_written(part: Path, words: bytes) -> None:
    """Wait until a part file has something."""
    while not part.exists() or words not in part.read_bytes():
        threading.Event().wait(0.01)


@pytest.mark.parametrize("code", [0, 7])
def test_a_recording_ends_with_its_command(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with gateway() as port:
        listen = str(free_port())
        words = ["record", "--proxy", f"{port}:{listen}", "mine", "--", *client(listen, code)]
        assert main(words) == (1 if code else 0)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.ibrec"]
    recorded = read_recording(tmp_path / "mine.ibrec")
    assert first_words(recorded)[0] == HELLO
    assert recorded.manifest.gateway.mode == "paper"
    assert recorded.manifest.cleaned
    assert recorded.manifest.frames == {Sender.CLIENT: 1, Sender.GATEWAY: 2}
    assert sys.platform == "win32" or stat.S_IMODE((tmp_path / "mine.ibrec").stat().st_mode) == 0o600


def test_only_the_raw_file_has_what_is_personal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with gateway(encode_frame(REPLY) + encode_frame(ACCOUNTS.replace(b"9000001", b"7654321"))) as port:
        listen = str(free_port())
        words = ["--keep-raw", "raw.ibrec", "mine.ibrec", "--", *client(listen)]
        assert main(["record", "--proxy", f"{port}:{listen}", *words]) == 0
    raw, cleaned = (read_recording(tmp_path / name) for name in ("raw.ibrec", "mine.ibrec"))
    assert not raw.manifest.cleaned
    assert b"7654321" in b"".join(first_words(raw))
    assert b"7654321" not in b"".join(first_words(cleaned))
    assert [len(each) for each in first_words(raw)] == [len(each) for each in first_words(cleaned)]


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_user_ends_a_recording(number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "mine.ibrec"
    with gateway() as port, recording(port, str(file)) as running, closing(running.connect()):
        code, out, err = running.end(number)
    assert code == 0, err
    assert str(file) in out
    assert first_words(read_recording(file))[:2] == [HELLO, REPLY]
    assert [each.name for each in tmp_path.iterdir()] == ["mine.ibrec"]


@POSIX
@pytest.mark.slow
def test_a_command_may_clean_up_when_only_the_recording_was_told_to_end(tmp_path: Path) -> None:
    there, cleaned = tmp_path / "there", tmp_path / "cleaned"
    words = f"trap 'touch {cleaned}; exit 0' TERM; touch {there}; while :; do sleep 0.05; done"
    with gateway() as port, recording(port, str(tmp_path / "mine"), "--", "/bin/sh", "-c", words) as running:
        until_written(there, b"")
        code, _, err = running.end(signal.SIGTERM)
    assert "no client connected" in err
    assert code == 3
    assert cleaned.exists()


@POSIX
@pytest.mark.slow
def test_what_was_said_before_a_crash_can_be_packed(tmp_path: Path) -> None:
    part = tmp_path / "mine.ibrec.part"
    with (
        gateway() as port,
        recording(port, str(tmp_path / "mine"), start=program) as running,
        closing(running.connect()),
    ):
        until_written(part, b'"gateway","bytes"')
        writers = psutil.Process(running.process.pid).children()
        running.end(signal.SIGKILL)
        psutil.wait_procs(writers, timeout=60)
    assert main(["record", "--finish", str(part)]) == 0
    assert first_words(read_recording(tmp_path / "mine.ibrec"))[0] == HELLO
    assert not part.exists()


@POSIX
@pytest.mark.slow
def test_clients_go_on_when_nothing_can_be_written_any_more(tmp_path: Path) -> None:
    """As on a full disk: no file may be larger than that; Python 3.11 would leave half a module's bytecode, too."""

    def limited(*words: str) -> list[str]:
        shell = 'ulimit -f 2; export PYTHONDONTWRITEBYTECODE=1; exec "$@"'
        return ["/bin/sh", "-c", shell, "sh", *program(*words)]

    with gateway() as port, recording(port, str(tmp_path / "mine"), start=limited) as running:
        for _ in range(40):
            running.connect().close()
        code, _, err = running.end(signal.SIGINT)
    assert code == 3
    assert "mine.ibrec.part" in err
    part = tmp_path / "mine.ibrec.part"
    assert not part.exists() or main(["record", "--finish", str(part)]) == 0
    assert first_words(read_recording(tmp_path / "mine.ibrec"))[0] == HELLO


@POSIX
@pytest.mark.slow
def test_clients_go_on_when_the_process_that_writes_is_lost(tmp_path: Path) -> None:
    part = tmp_path / "mine.ibrec.part"
    with (
        gateway() as port,
        recording(port, str(tmp_path / "mine"), start=program) as running,
        closing(running.connect()),
    ):
        until_written(part, b'"gateway","bytes"')
        writers = psutil.Process(running.process.pid).children()
        for writer in writers:
            writer.kill()
        psutil.wait_procs(writers, timeout=60)
        for _ in range(5):
            running.connect().close()
        code, _, err = running.end(signal.SIGINT)
    assert code == 3
    assert "has ended" in err
    assert first_words(read_recording(tmp_path / "mine.ibrec"))[0] == HELLO


def test_nothing_is_left_where_nobody_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    nothing = [sys.executable, "-c", ""]
    with gateway() as port:
        assert main(["record", "--proxy", f"{port}:0", "mine", "--", *nothing]) == 3
        assert "no client connected" in capfd.readouterr().err
        assert main(["record", "--proxy", f"{port}:{port}", "mine"]) == 2
        assert main(["record", "--proxy", f"{port}:0", "mine", "--", str(tmp_path / "none")]) == 2
        assert "cannot be started" in capfd.readouterr().err
        assert main(["record", "--proxy", f"{free_port()}:{port}", "mine"]) == 3
        assert f"127.0.0.1:{port}" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_gateway_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    port, listen = free_port(), str(free_port())
    assert main(["record", "--proxy", f"{port}:{listen}", "mine", "--", *client(listen)]) == 3
    assert f"127.0.0.1:{port}: took no connection" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("allowed", [False, True])
def test_a_live_account_that_was_not_allowed_is_no_recording(
    allowed: bool,  # noqa: FBT001 - a case
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with gateway(encode_frame(REPLY) + encode_frame(ACCOUNTS.replace(b"DU9", b"U97"))) as port:
        listen = str(free_port())
        words = ["--allow-live"] * allowed + ["--keep-raw", "raw", "mine", "--", *client(listen)]
        assert main(["record", "--proxy", f"{port}:{listen}", *words]) == (0 if allowed else 3)
    err = capfd.readouterr().err
    assert ("--allow-live" not in err) == allowed
    assert "97000001" not in err
    assert sorted(each.name for each in tmp_path.iterdir()) == (["mine.ibrec", "raw.ibrec"] if allowed else [])


@pytest.mark.parametrize(("raw", "code"), [("mine", 2), ("./mine.ibrec", 2), ("nowhere/raw", 3)])
def test_nothing_is_left_where_what_is_not_cleaned_cannot_be_kept(
    raw: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["record", "--proxy", f"{free_port()}:0", "--keep-raw", raw, "mine"]) == code
    assert Path(raw).stem in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["mine.ibrec", "mine.ibrec.part"])
def test_nothing_is_overwritten(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    assert main(["record", "--proxy", "4002:0", str(tmp_path / "mine.ibrec")]) == 2
    assert f"{name}: is there already" in capsys.readouterr().err
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "proxy", ["4002", "4002:4002", "localhost:4002:4002", "0:4102", "4002:70000", "a:b", "::1:4002:4102"]
)
def test_what_is_no_place_of_a_gateway_and_no_port_to_listen_at(proxy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "--proxy", proxy, "mine.ibrec"]) == 2
    assert "4002:4102" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["mine.ibrec"], ["--proxy", "4002:4102"], ["--proxy", "4002:4102", "--inspect", "a.ibrec"]]
)
def test_what_is_asked_must_be_one_thing(words: list[str]) -> None:
    assert main(["record", *words]) == 2


def test_a_host_without_an_address_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "--proxy", "no.such.host.invalid:4002:0", str(tmp_path / "mine")]) == 2
    assert "no.such.host.invalid" in capsys.readouterr().err


def test_inspect_says_all_that_a_recording_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "--inspect", str(packed(tmp_path, SESSION))]) == 0
    said = capsys.readouterr().out
    for words in (
        *("2026-11-30 14:30:00 UTC", "paper", "client id 7", "hello v100..203", "server version 203", "in 2 pieces"),
        *("start api client_id=7", "managed accounts accounts='DU9000001'", "half-closed by the client", "closed"),
        "of 70 bytes: it cannot be read",
        *("1 message: it cannot be read", "accounts, names and amounts are replaced", "real or simulated: not known"),
    ):
        assert words in said
    assert len(said.splitlines()) == 7 + 1 + len(SESSION) + 2


def test_inspect_masks_what_was_not_cleaned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = packed(tmp_path, SESSION, HEAD.model_copy(update={"cleaned": False}))
    assert main(["record", "--inspect", str(file)]) == 0
    said = capsys.readouterr().out
    assert "NOT cleaned" in said
    assert "DU9000001" not in said


def test_inspect_refuses_what_is_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "made.ibrec"
    file.write_bytes(b"PK hello")
    part = write_part(tmp_path / "other.ibrec.part", SESSION)
    assert main(["record", "--inspect", str(file)]) == 3
    assert main(["record", "--inspect", str(tmp_path / "none.ibrec")]) == 2
    assert main(["record", "--inspect", str(part)]) == 2
    assert "--finish" in capsys.readouterr().err


def test_finish_refuses_what_is_no_part_file(tmp_path: Path) -> None:
    file = packed(tmp_path, SESSION)
    assert main(["record", "--finish", str(file)]) == 2
    assert main(["record", "--finish", str(write_part(tmp_path / "made.ibrec.part", SESSION))]) == 2
    assert read_recording(file).entries == SESSION


def test_a_message_cannot_move_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = ACCOUNTS.replace(b"DU9000001", b"\x1b[2J\x1b[1;1H")
    entries = [*SESSION[:3], Framed(at=0.01, connection=1, sender=Sender.GATEWAY, payload=evil)]
    assert main(["record", "--inspect", str(packed(tmp_path, entries))]) == 0
    assert "\x1b" not in capsys.readouterr().out
