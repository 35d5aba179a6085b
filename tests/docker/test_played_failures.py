"""Logins that do not go well: what the log says, whether it is tried again, and the exit code."""

from __future__ import annotations

import pytest

from tests.docker.conftest import Start


def test_a_wrong_password_is_tried_again_and_again(start: Start) -> None:
    """That is what locks a user out."""
    running = start(TWS_PASSWORD="wrong")  # noqa: S106
    log = running.says("IBC: Login attempt: 1", times=3)
    first = log[log.find("IBC: Login failed") :]
    assert (
        0
        < first.find("IBC: Cold restart in progress")
        < first.find("IBC: Login has not completed: exiting immediately")
        < first.find("IBC returned exit status 0\n")
        < first.find("IBC will cold-restart shortly\n")
        < first.find("IBC will restart shortly\n")
        < first.find("IBC: Login attempt: 1")
    )


def test_a_wrong_user_name_is_refused_in_the_words_that_were_asked_for(start: Start) -> None:
    running = start(TWS_USERID="somebody", PLAY_REFUSAL="Unrecognized Username or Password")
    assert "IBC: Unrecognized Username or Password\n" in running.says("Cold restart in progress")


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("too-many-attempts", "IBC: Too many failed login attempts. Please wait 4 minutes & 47 seconds before"),
        ("not-available", "IBC: The system is not currently available."),
        ("desupported", "10.45.1j, is desupported and can no longer be used"),
        ("no-device", "IBC: You should specify the required second factor device using the SecondFactorDevice"),
    ],
)
def test_a_dialog_that_nobody_closes_keeps_the_container_waiting(start: Start, outcome: str, says: str) -> None:
    running = start(PLAY_LOGIN=outcome)
    running.says(says)
    assert running.lives()
    assert "Login has completed" not in running.log()


def test_a_server_out_of_reach_is_tried_again(start: Start) -> None:
    log = start(PLAY_LOGIN="server-unreachable").says("IBC: Login attempt: 1", times=2)
    assert "IBC: Connection to server failed" in log


def test_without_a_login_dialog_ibc_is_started_again_for_ever(start: Start) -> None:
    log = start(PLAY_LOGIN="no-dialog").says("IBC returned exit status 88\n", times=2)
    assert "IBC closing after TWS/Gateway failed to display login dialog" in log
    assert "IBC: Exiting with exit code=1112" in log


def test_a_control_that_ibc_does_not_find_ends_it_with_77(start: Start) -> None:
    running = start(PLAY_LOGIN="no-control")
    assert running.exits() == 77
    assert "IBC: Could not login: could not find control: User Name" in running.log()
    assert "Gateway finished\n" in running.log()


def test_newer_start_scripts_hide_why_and_leave_the_code(start: Start) -> None:
    running = start(PLAY_LOGIN="no-control", PLAY_ERRORS="hidden")
    assert running.exits() == 77
    assert "could not find control" not in running.log()
    assert "IBC: Exiting with exit code=1101" in running.log()


def test_a_second_factor_that_is_confirmed_lets_the_login_go_on(start: Start) -> None:
    log = start(PLAY_2FA="confirmed").says("Login has completed")
    assert 0 < log.find("Second Factor Authentication initiated") < log.find("Duration since login: 20 seconds")


def test_a_second_factor_that_nobody_confirms_leaves_it_waiting_in_silence(start: Start) -> None:
    running = start(PLAY_2FA="ignored")
    log = running.says("Re-login after second factor authentication timeout not required")
    assert log.count("Login attempt") == 1
    assert running.lives()


def test_with_relogin_a_second_factor_is_asked_for_again(start: Start) -> None:
    log = start(PLAY_2FA="ignored", RELOGIN_AFTER_TWOFA_TIMEOUT="yes").says("IBC: Login attempt: 2")
    assert "Re-login after second factor authentication timeout in 5 second" in log


@pytest.mark.parametrize(("action", "again"), [("exit", False), ("restart", True)])
def test_a_confirmed_login_that_never_completes_is_87(start: Start, action: str, *, again: bool) -> None:
    running = start(PLAY_2FA="lost", RELOGIN_AFTER_TWOFA_TIMEOUT="yes", TWOFA_TIMEOUT_ACTION=action)
    if again:
        running.says("IBC: Second Factor Authentication initiated", times=2)
    else:
        assert running.exits() == 87
    assert "IBC returned exit status 87\n" in running.log()
    assert "IBC closing because login has not completed after Second Factor Authentication" in running.log()


def test_as_primary_it_ends_the_other_session(start: Start) -> None:
    log = start(PLAY_EXISTING_SESSION="yes").says("Login has completed")
    assert "IBC: End the other session and continue this one" in log


def test_as_secondary_it_gives_way(start: Start) -> None:
    running = start(PLAY_EXISTING_SESSION="yes", EXISTING_SESSION_DETECTED_ACTION="secondary")
    assert running.exits() == 0
    assert "IBC: End this session and let the other session proceed" in running.log()
    assert "Login has completed" not in running.log()


def test_left_to_a_person_it_waits(start: Start) -> None:
    running = start(PLAY_EXISTING_SESSION="yes", EXISTING_SESSION_DETECTED_ACTION="manual")
    running.says("IBC: User must choose whether to continue with this session")
    assert running.lives()
