"""What ends the wait for a container: at once, for the right reason, and without a second try."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.gateways.docker import waiting
from harness.gateways.opened import BootError
from tests.docker.images import Images
from tests.docker.product import LOGIN, gateway, opened
from tests.gateways.simulator.talk import run

STARTS_AGAIN_AS_SLOWLY = {"PLAY_SCALE": "5", "PLAY_DIALOG_AFTER": "0.02", "PLAY_LOGIN_TAKES": "0.02"}
"""A real image needs 12 s from a refused login to the next try: 2 in its script, and 10 until the Gateway asks. At the
scale of the other tests that is a few hundredths of a second, in which a busy machine stops no container."""

FAILURES = {
    "too-many-attempts": {"PLAY_LOGIN": "too-many-attempts"},
    "ibkr-unavailable": {"PLAY_LOGIN": "not-available"},
    "desupported": {"PLAY_LOGIN": "desupported"},
    "two-factor-device": {"PLAY_LOGIN": "no-device"},
    "ibkr-out-of-reach": {"PLAY_LOGIN": "server-unreachable", **STARTS_AGAIN_AS_SLOWLY},
    "no-login-dialog": {"PLAY_LOGIN": "no-dialog"},
    "ibc-too-old": {"PLAY_LOGIN": "no-control"},
    "existing-session": {"PLAY_EXISTING_SESSION": "yes"},
    "two-factor-timeout": {"PLAY_2FA": "ignored"},
    "container-exited": {"PLAY_EXIT_CODE": "76"},
}


async def failing(folder: Path, text: str) -> BootError:
    with pytest.raises(BootError) as problem:
        async with opened(folder, text):
            pass
    return problem.value


def attempts(folder: Path) -> int:
    """How often a login was tried, as the kept log has it."""
    (log,) = folder.glob("run/gateways/*/container.log")
    return log.read_text("utf-8").count("IBC: Login attempt:")


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("code", FAILURES)
def test_each_failure_has_its_code_and_is_not_tried_again(images: Images, tmp_path: Path, code: str) -> None:
    problem = run(failing(tmp_path, gateway(images, **FAILURES[code])))
    assert problem.record.failure == code
    assert attempts(tmp_path) <= 1


@pytest.mark.parametrize("words", ["Login failed", "Unrecognized Username or Password"])
def test_a_wrong_password_is_tried_once(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("TWS_PASSWORD", "not-the-right-one")
    problem = run(failing(tmp_path, gateway(images, PLAY_REFUSAL=words, **STARTS_AGAIN_AS_SLOWLY)))
    assert problem.record.failure == "wrong-password"
    assert attempts(tmp_path) == 1
    assert "not-the-right-one" not in f"{problem} {problem.hint} {problem.record}"


@pytest.mark.parametrize("code", ["ibc-too-old", "no-login-dialog"])
def test_a_start_script_that_hides_why_leaves_the_code(images: Images, tmp_path: Path, code: str) -> None:
    problem = run(failing(tmp_path, gateway(images, PLAY_ERRORS="hidden", **FAILURES[code])))
    assert problem.record.failure == code


def test_a_login_without_an_api_is_not_ready(images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "HELLO", 2.0)
    problem = run(failing(tmp_path, gateway(images, PLAY_SCENARIO="silent")))
    assert problem.record.failure == "no-hello"
    assert list(problem.record.seconds) == ["image", "container", "login"]


def test_a_second_factor_that_nobody_confirms_in_our_time_ends_it(images: Images, tmp_path: Path) -> None:
    text = gateway(images, more="two_factor_timeout = 1.0", PLAY_2FA="confirmed", PLAY_2FA_AFTER="6000")
    assert run(failing(tmp_path, text)).record.failure == "two-factor-timeout"


def test_one_that_never_logs_in_is_given_up(images: Images, tmp_path: Path) -> None:
    text = gateway(images, more="start_timeout = 1.0", PLAY_DIALOG_AFTER="6000")
    assert run(failing(tmp_path, text)).record.failure == "not-ready-in-time"


def test_one_that_ignores_the_request_to_end_is_ended_all_the_same(images: Images, tmp_path: Path) -> None:
    text = gateway(images, PLAY_LOGIN="too-many-attempts", PLAY_IGNORES_SIGTERM="yes")
    assert run(failing(tmp_path, text)).record.failure == "too-many-attempts"
