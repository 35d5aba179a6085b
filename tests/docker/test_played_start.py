"""From the container's start to a Gateway that a client can use."""

from __future__ import annotations

import asyncio
import socket

import pytest

from harness.diagnose.control import probe
from harness.shared.evidence import ProbeRecord
from tests.docker.conftest import Start
from tests.docker.running import PATIENCE, Running

IN_ORDER = (
    ".> Starting IBC/IB gateway",
    ".> API_PORT set to: 4002",
    ".> SOCAT_PORT set to: 4004",
    "Forking :::4002 onto 0.0.0.0:4004 > trading mode paper",
    ".> Starting IBC in paper mode, with params:",
    ".>\t\tVersion: 10.45.1j",
    "Starting IBC version 3.24.1 on 20",
    "IBC: Starting session: will exit if login dialog is not displayed within 60 seconds",
    "IBC: Starting Gateway",
    "IBC: Login dialog WINDOW_OPENED: LoginState is LOGGED_OUT",
    "IBC: Setting Trading mode = paper",
    "IBC: Setting user name",
    "IBC: Setting password",
    "IBC: Login attempt: 1",
    "IBC: Click button: Paper Log In",
    "IBC: Found Gateway main window",
    "IBC: Login has completed",
    "IBC: Read-Only API checkbox is now set to: true",
    "IBC: Configuration tasks completed",
)


def asked(running: Running, inside: int = 4004) -> ProbeRecord:
    """Ask the Gateway as the control does."""
    return asyncio.run(probe("127.0.0.1", running.port(inside), client_id=7301, timeout=PATIENCE))


def test_the_lines_come_in_the_order_of_the_real_image(start: Start) -> None:
    log = start(READ_ONLY_API="yes").says(IN_ORDER[-1])
    places = [log.find(line) for line in IN_ORDER]
    assert -1 not in places
    assert places == sorted(places)


def test_once_logged_in_a_client_is_answered_on_the_published_port(start: Start) -> None:
    running = start()
    running.says("Login has completed")
    seen = asked(running)
    assert (seen.passed, seen.server_version, seen.accounts) == (True, 223, ("DU9000001",))


@pytest.mark.parametrize(("version", "server_version"), [("10.37.1r", 203), ("10.50.1d", 226)])
def test_every_version_answers_with_its_own_server_version(start: Start, version: str, server_version: int) -> None:
    running = start(version=version)
    assert f".>\t\tVersion: {version}\n" in running.says("Login has completed")
    assert asked(running).server_version == server_version


def test_before_the_login_the_forwarder_accepts_and_drops(start: Start) -> None:
    running = start(PLAY_DIALOG_AFTER="100000")
    running.says("Starting Gateway")
    with socket.create_connection(("127.0.0.1", running.port(4004)), timeout=PATIENCE) as client:
        assert client.recv(1) == b""
    running.says("E connect(5, AF=2 127.0.0.1:4002, 16): Connection refused")


def test_live_has_its_own_ports_and_accounts(start: Start) -> None:
    running = start(TRADING_MODE="live")
    assert "Click button: Log In\n" in running.says("Login has completed")
    assert asked(running, 4003).accounts == ("U9000001",)


def test_both_starts_live_and_then_paper(start: Start) -> None:
    running = start(TRADING_MODE="both", TWS_USERID_PAPER="edemopaper", TWS_PASSWORD_PAPER="demopaper")  # noqa: S106
    log = running.says("Login has completed", times=2)
    assert 0 < log.find("trading mode live") < log.find("trading mode paper")
    assert asked(running, 4003).accounts == ("U9000001",)
    assert asked(running, 4004).accounts == ("DU9000001",)


def test_logged_in_is_not_yet_an_api_that_answers(start: Start) -> None:
    running = start(PLAY_SCENARIO="silent")
    running.says("Login has completed")
    seen = asyncio.run(probe("127.0.0.1", running.port(4004), client_id=7301, timeout=0.5))
    assert not seen.passed


@pytest.mark.parametrize(("setting", "tasks"), [("no", True), ("", False)])
def test_configuration_tasks_are_told_of_only_where_there_are_some(start: Start, setting: str, *, tasks: bool) -> None:
    running = start(READ_ONLY_API=setting, PLAY_EXIT_CODE="0", PLAY_EXIT_AFTER="logged-in")
    running.exits()
    assert "Login has completed" in running.log()
    assert ("Configuration tasks completed" in running.log()) is tasks
