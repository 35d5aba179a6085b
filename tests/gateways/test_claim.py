"""One run at a time is with a gateway that somebody else runs; the number of its next cell outlives runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from harness.gateways.claim import claimed, own_ids
from harness.shared.errors import ExitCode, GatewayError

HOLDS = """
import sys
from pathlib import Path
from harness.gateways.claim import claimed
with claimed("127.0.0.1", 4002, note=print, folder=Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def silent(note: str) -> None:
    pytest.fail(f"there is nothing to note: {note}")


@contextmanager
def another_run(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the gateway until the context ends."""
    command = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "held\n"
        yield run
        if run.poll() is None:
            run.communicate()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2", "LOCALHOST", "127.1", "::"])
def test_a_second_run_is_told_who_has_it(tmp_path: Path, host: str) -> None:
    with (
        another_run(tmp_path) as run,
        pytest.raises(GatewayError) as told,
        claimed(host, 4002, note=silent, folder=tmp_path),
    ):
        pytest.fail("both have it")
    assert str(run.pid) in str(told.value)
    assert told.value.exit_code is ExitCode.HARNESS_FAILED


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 4001), ("192.0.2.7", 4002)])
def test_another_gateway_is_free(tmp_path: Path, host: str, port: int) -> None:
    with another_run(tmp_path), claimed(host, port, note=silent, folder=tmp_path) as claim:
        assert claim.turn() == 1


def test_a_run_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with another_run(tmp_path) as run:
        run.kill()
        run.wait()
        with claimed("127.0.0.1", 4002, note=silent, folder=tmp_path) as claim:
            assert claim.turn() == 1


def test_no_cell_has_the_number_of_an_earlier_one(tmp_path: Path) -> None:
    turns = list[int]()
    for _ in range(3):
        with claimed("127.0.0.1", 4002, note=silent, folder=tmp_path) as claim:
            turns += [claim.turn(), claim.turn()]
    assert turns == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("content", ["", "[]", '{"turns": -1}', '{"turns": "many"}', "\0"])
def test_a_file_that_says_nothing_is_no_hindrance(tmp_path: Path, content: str) -> None:
    (tmp_path / "localhost-4002.json").write_text(content, encoding="utf-8")
    with claimed("127.0.0.1", 4002, note=silent, folder=tmp_path) as claim:
        assert claim.turn() == 1


def test_where_no_lock_can_lie_the_run_goes_on_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    notes = list[str]()
    with claimed("127.0.0.1", 4002, note=notes.append, folder=tmp_path / "file" / "folder") as claim:
        assert claim.turn() == 1
    assert len(notes) == 1


def test_each_look_has_client_ids_of_its_own_until_it_is_over(tmp_path: Path) -> None:
    def look() -> AbstractContextManager[int]:
        return own_ids(7499, each=12, most=4, folder=tmp_path)

    with look() as first, look() as second, look() as third, look() as fourth, look() as fifth:
        assert [first, second, third, fourth, fifth] == [7499, 7487, 7475, 7463, 7463]
    with look() as again:
        assert again == 7499
