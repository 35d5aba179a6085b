"""How a container ends: told to, by itself, or not at all."""

from __future__ import annotations

import pytest

from tests.docker.conftest import Start

GOODBYE = (
    "Received SIGINT or SIGTERM. Shutting down IB Gateway.",
    ".> Stopping Xvfb.",
    ".> Stopping socat.",
    ".> Stopping IBC.",
    "IBC returned exit status 143",
    "Gateway finished",
)


@pytest.mark.parametrize(
    ("play", "when"),
    [
        ({}, "Login has completed"),
        ({"PLAY_LOADING_TAKES": "100000"}, "Found Gateway main window"),
        ({"TWS_PASSWORD": "wrong"}, "Cold restart in progress"),
    ],
    ids=["logged in", "on the way", "trying again"],
)
def test_sigterm_ends_it_and_it_says_how(start: Start, play: dict[str, str], when: str) -> None:
    running = start(**play)
    running.says(when)
    running.container.kill("SIGTERM")
    assert running.exits() == 143
    log = running.log()
    assert sorted(GOODBYE, key=log.find) == list(GOODBYE)
    assert all(line in log for line in GOODBYE)


def test_one_that_ignores_sigterm_is_ended_by_a_kill_alone(start: Start) -> None:
    running = start(PLAY_IGNORES_SIGTERM="yes")
    running.says("Login has completed")
    running.container.stop(timeout=1)
    assert running.exits() == 137
    assert "Received SIGINT" not in running.log()


@pytest.mark.parametrize(("code", "shell"), [("0", 0), ("1", 1), ("1100", 76), ("1111", 87)])
def test_a_code_of_ibc_reaches_the_outside_as_eight_bits(start: Start, code: str, shell: int) -> None:
    running = start(PLAY_EXIT_CODE=code, PLAY_EXIT_AFTER="10")
    assert running.exits() == shell
    assert f"IBC returned exit status {shell}\n" in running.log()


def test_with_both_modes_it_runs_until_the_last_has_ended(start: Start) -> None:
    """The end of the first is not the container's."""
    running = start(
        TRADING_MODE="both",
        TWS_USERID_PAPER="edemopaper",
        TWS_PASSWORD_PAPER="demopaper",  # noqa: S106
        PLAY_EXIT_CODE="1101",
        PLAY_EXIT_AFTER="20",
    )
    assert running.exits() == 77
    assert running.log().count("Gateway finished") == 2
