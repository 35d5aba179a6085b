"""The plugin in other people's projects: it costs nothing unless it is used, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points, requires
from pathlib import Path

import pytest

from tests.pytest_plugin.projects import Project

WARNINGS_ARE_ERRORS = ("-X", "dev", "-W", "error")


def test_pytest_finds_the_plugin_and_is_no_dependency() -> None:
    (found,) = entry_points(group="pytest11", name="ib_compat")
    assert found.value == "harness.pytest_plugin.plugin"
    assert not any(requirement.startswith("pytest") for requirement in requires("ib-compat") or ())


def test_a_project_that_does_not_use_it_loads_nothing() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import harness.pytest_plugin.plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["harness", "harness.pytest_plugin", "harness.pytest_plugin.plugin"]


UNTIDY = """
        import gc, socket, threading
        import pytest

        ports, lines = [], []

        def connect(gateway):
            ports.append(gateway.port)
            lines.append(socket.create_connection((gateway.host, gateway.port)))
            lines[-1].sendall(b"API\\0" + len(b"v100..178").to_bytes(4, "big") + b"v100..178")
            assert lines[-1].recv(100)

        def test_stays_connected(ib_gateway):
            connect(ib_gateway)

        def test_fails(ib_gateway):
            connect(ib_gateway)
            assert ib_gateway is None

        @pytest.fixture
        def broken(ib_gateway):
            connect(ib_gateway)
            raise RuntimeError("a fixture of the program")

        def test_does_not_begin(broken):
            pass

        def test_all_are_gone():
            assert [thread for thread in threading.enumerate() if thread.name == "ib_gateway"] == []
            assert len(ports) == 3
            for line, port in zip(lines, ports, strict=True):
                with line:
                    assert line.recv(1) == b""
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port))
            gc.collect()
        """
"""Tests that leave clients, of which one fails and one errs."""


@pytest.mark.slow
def test_nothing_is_left_behind_whatever_a_test_does(tmp_path: Path) -> None:
    """A client that stays, a failure, an error of the program: threads and ports are gone before the next test."""
    project = Project(tmp_path)
    project.files["test_mine.py"] = UNTIDY
    done = project.run("-rA", python=WARNINGS_ARE_ERRORS)
    assert "2 passed, 1 failed, 1 error" in _sorted_counts(done.stdout), done.stdout
    assert "assert <IBGateway gateway-10.45 paper at 127.0.0.1:" in done.stdout
    assert done.stderr == ""
    assert "Warning" not in done.stdout


def _sorted_counts(output: str) -> str:
    """Give the last line with its counts in one order."""
    words = output.splitlines()[-1].strip("= ").partition(" in ")[0].split(", ")
    order = ("passed", "failed", "error", "warning")
    return ", ".join(sorted(words, key=lambda word: order.index(word.split()[1].rstrip("s"))))


@pytest.mark.slow
def test_tests_run_side_by_side(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.files["test_mine.py"] = """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_it(ib_gateway, number):
            assert ib_gateway.clients == ()
        """
    done = project.run("-n", "2")
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


@pytest.mark.slow
def test_a_wrong_marker_fails_its_test_alone_with_a_sentence(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.files["test_mine.py"] = """
        import pytest

        pytestmark = pytest.mark.ib_gateway(mode="live", seed=1)

        @pytest.mark.ib_gateway(sede=2)
        def test_a(ib_gateway):
            pass

        @pytest.mark.ib_gateway("10.50", "paper")
        def test_b(ib_gateway):
            pass

        @pytest.mark.ib_gateway("10.50", gateway="10.45")
        def test_c(ib_gateway):
            pass

        @pytest.mark.ib_gateway(at="2066-01-01T00:00Z")
        def test_d(ib_gateway):
            pass

        @pytest.mark.ib_gateway("10.50")
        def test_e(ib_gateway):
            assert (ib_gateway.version, ib_gateway.mode, ib_gateway.accounts) == ("10.50", "live", ("U9000001",))
        """
    done = project.run("-q")
    assert "1 passed, 4 error" in _sorted_counts(done.stdout), done.stdout
    for sentence in (
        "@pytest.mark.ib_gateway: unknown key 'sede'; did you mean 'seed'?",
        "@pytest.mark.ib_gateway: ('10.50', 'paper'): expected the gateway's version alone, and all else as KEY=VALUE",
        "@pytest.mark.ib_gateway: gateway='10.45': expected it once; there is '10.50'",
        "the simulated world has contracts from 2023 to 2041",
    ):
        assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    assert "harness/" not in done.stdout


@pytest.mark.slow
def test_settings_for_all_tests_come_from_the_configuration_and_the_command_line(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.files["pytest.ini"] = """
        [pytest]
        ib_gateway =
            gateway=10.37
            mode=live
        """
    project.files["test_mine.py"] = """
        def test_it(ib_gateway):
            assert (ib_gateway.version, ib_gateway.mode) == ("10.50", "live")
        """
    done = project.run("--ib-gateway", "gateway=10.50")
    assert done.returncode == 0, done.stdout
    assert "ib_gateway: gateway=10.37, mode=live, gateway=10.50" in done.stdout
    wrong = project.run("--ib-gateway", "mode=real")
    assert wrong.returncode == pytest.ExitCode.USAGE_ERROR
    assert wrong.stderr.strip() == "ERROR: --ib-gateway: mode='real': expected 'paper' or 'live'"


@pytest.mark.slow
def test_pytest_itself_tells_of_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert "--ib-gateway=KEY=VALUE" in project.run("--help").stdout
    assert "@pytest.mark.ib_gateway(gateway='10.45', *, mode='paper'" in project.run("--markers").stdout
    fixtures = project.run("--fixtures").stdout
    assert "A live simulated IB Gateway at" in fixtures
    assert "Start simulated IB Gateways" in fixtures
