"""A gateway that does not come up: each reason has its code, the container goes at once, and the evidence stays."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from harness.gateways.docker import waiting
from harness.gateways.kinds import open_gateway
from harness.gateways.opened import BootError
from harness.known.images import BootFailure, load
from tests.gateways.docker.bringing import PASSWORD, USERID, Told, docker, failing
from tests.gateways.docker.played import ASKS, BOOTING, IMAGE, LOGGED_IN, PlayedEngine, Script
from tests.gateways.simulator.talk import run

IBC = "2026-11-21 10:00:09:000 IBC: "
FAILED = f"{IBC}Login failed"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (FAILED, "wrong-password"),
        (f"{IBC}Login error message: something", "wrong-password"),
        (
            f"{IBC}Too many failed login attempts. Please wait 4 minutes & 47 seconds before logging in again.",
            "too-many-attempts",
        ),
        (f"{IBC}End this session and let the other session proceed", "existing-session"),
        (f"{IBC}You should specify the required second factor device using the option", "two-factor-device"),
        (f"{IBC}could not find second factor device 'x'", "two-factor-device"),
        (
            f"{IBC}IBC closing because login has not completed after Second Factor Authentication",
            "two-factor-timeout",
        ),
        (f"{IBC}Re-login after second factor authentication timeout in 5 second", "two-factor-timeout"),
        (f"{IBC}could not login: could not find control: Paper Log In", "ibc-too-old"),
        (f"{IBC}IBC closing after TWS/Gateway failed to display login dialog", "no-login-dialog"),
        (f"{IBC}This version of the application is desupported.", "desupported"),
        (f"{IBC}This version is no longer supported", "desupported"),
        (f"{IBC}The system is not currently available.", "ibkr-unavailable"),
        (f"{IBC}Connection to server failed: x", "ibkr-out-of-reach"),
        (f"{IBC}Login dialog has been invalidated - initiate cold restart", "login-lost"),
        (f"{IBC}Cold restart in progress", "login-lost"),
        ("error: both TWS_PASSWORD and TWS_PASSWORD_FILE are set (but are exclusive)", "image-refuses-settings"),
        (".> Invalid TRADING_MODE: x", "image-refuses-settings"),
        ("Error: Timed out waiting for Xvfb socket!", "image-broken"),
    ],
)
def test_the_first_failure_marker_ends_the_wait_and_stops_the_container(
    line: str, code: str, engine: PlayedEngine, tmp_path: Path
) -> None:
    engine.script = Script((*BOOTING, line))
    problem = failing(engine, docker(), Told().opening(tmp_path))
    record = problem.record
    assert (record.failure, record.line, record.exit_code) == (code, line, None)
    assert (record.build, record.ibc) == ("10.45.1j", "3.24.1")
    assert list(record.seconds) == ["image", "container"]
    assert engine.only().stopped
    assert engine.calls().count("start") == 1
    assert problem.artifacts == ("gateways/gateway-10.45.1j-paper/container.log",)
    assert line in (tmp_path / problem.artifacts[0]).read_text("utf-8")
    assert str(problem).startswith(f"{IMAGE} did not start: ")
    assert str(problem).endswith(line)
    assert problem.hint


def test_a_login_that_fails_after_the_login_marker_counts_too(engine: PlayedEngine) -> None:
    engine.script = Script((*BOOTING, LOGGED_IN, FAILED))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert failing_silently(engine, silent.getsockname()[1]) == ("wrong-password", FAILED)


def test_a_port_that_the_engine_does_not_publish_is_told(engine: PlayedEngine) -> None:
    engine.publishes = False
    problem = failing(engine, docker())
    assert problem.record.failure == "engine-failed"
    assert "has not published port 4004" in str(problem)


def failing_silently(engine: PlayedEngine, port: int) -> tuple[str | None, str | None]:
    """Bring up what nobody answers behind; give the code and the line."""
    engine.port = port

    async def scenario() -> None:
        async with open_gateway(docker()):
            pytest.fail("it came up")

    with pytest.raises(BootError) as raised:
        run(scenario())
    assert engine.containers == {}
    return raised.value.record.failure, raised.value.record.line


def test_what_is_said_until_it_has_stopped_tells_what_it_really_was(engine: PlayedEngine) -> None:
    too_many = f"{IBC}Too many failed login attempts."
    engine.script = Script((*BOOTING, FAILED), last_words=("bye", too_many))
    record = failing(engine, docker()).record
    assert (record.failure, record.line) == ("too-many-attempts", too_many)


def test_what_is_said_after_a_failure_and_tells_less_changes_nothing(engine: PlayedEngine) -> None:
    engine.script = Script((*BOOTING, FAILED), last_words=(f"{IBC}Cold restart in progress",))
    assert failing(engine, docker()).record.failure == "wrong-password"


def test_that_it_will_be_desupported_one_day_ends_nothing(engine: PlayedEngine) -> None:
    warning = f"{IBC}The version of the application you are running needs to be upgraded, as it will be desupported on"
    engine.script = Script((*BOOTING, warning, FAILED))
    assert failing(engine, docker()).record.failure == "wrong-password"


def test_the_line_that_told_is_kept_without_login_and_account_number(engine: PlayedEngine) -> None:
    engine.script = Script((*BOOTING, f"{FAILED} for {USERID} with {PASSWORD} of DU9000001"))
    problem = failing(engine, docker())
    assert problem.record.line == f"{FAILED} for *** with *** of DU9***01"
    assert USERID not in str(problem)
    assert PASSWORD not in str(problem)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        *((int(code), meant.code) for code, meant in load()["gnzsnz"].exits.items()),
        (0, BootFailure.CONTAINER_EXITED),
        (42, BootFailure.CONTAINER_EXITED),
    ],
)
def test_an_exit_before_the_login_is_told_with_what_its_code_means(
    code: int, failure: BootFailure, engine: PlayedEngine
) -> None:
    engine.script = Script((*BOOTING, "the last word", ""), exits=code)
    problem = failing(engine, docker())
    assert (problem.record.failure, problem.record.exit_code, problem.record.line) == (failure, code, "the last word")
    meant = load()["gnzsnz"].exits.get(str(code))
    assert f"(exit code {code}{f': {meant.says}' if meant else ''})" in str(problem)


def test_an_exit_after_the_login_is_one_too(engine: PlayedEngine) -> None:
    engine.script = Script((*BOOTING, LOGGED_IN), exits=1)
    record = failing(engine, docker()).record
    assert (record.failure, record.exit_code) == ("image-refuses-settings", 1)
    assert list(record.seconds) == ["image", "container", "login"]


def test_a_second_factor_that_nobody_confirms_ends_the_wait(engine: PlayedEngine) -> None:
    engine.script = Script((*BOOTING, ASKS))
    record = failing(engine, docker(two_factor_timeout=0.2)).record
    assert (record.failure, record.line) == ("two-factor-timeout", ASKS)
    assert engine.only().stopped


def test_a_login_that_never_comes_ends_the_wait(engine: PlayedEngine) -> None:
    engine.script = Script(BOOTING)
    record = failing(engine, docker(start_timeout=0.2)).record
    assert (record.failure, record.line) == ("not-ready-in-time", BOOTING[-1])


def test_logged_in_is_not_up(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "HELLO", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert failing_silently(engine, silent.getsockname()[1]) == ("no-hello", LOGGED_IN)


@pytest.mark.parametrize("call", ["version", "image", "create", "put", "start", "state", "log"])
def test_an_engine_that_does_not_do_it_is_told_in_its_words(call: str, engine: PlayedEngine) -> None:
    engine.refuses[call] = (500, "no space left on device")
    problem = failing(engine, docker())
    assert "no space left on device" in str(problem)
    assert problem.record.failure in {"engine-failed", "engine-unreachable"}


def test_a_log_that_the_engine_cuts_off_is_no_exit(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.gateways.docker.container._SETTLES", 0.2)
    engine.script, engine.cut = Script(BOOTING), True
    problem = failing(engine, docker())
    assert problem.record.failure == "engine-failed"
    assert "ended the log" in str(problem)


def test_a_log_that_cannot_be_kept_is_told(engine: PlayedEngine, tmp_path: Path) -> None:
    (tmp_path / "gateways").write_text("a file in its way", encoding="utf-8")
    problem = failing(engine, docker(), Told().opening(tmp_path))
    assert "log cannot be kept" in str(problem)


def test_an_image_that_runs_nothing_is_told(engine: PlayedEngine) -> None:
    engine.images[IMAGE]["Config"] |= {"Entrypoint": None, "Cmd": None}
    assert failing(engine, docker()).record.failure == "image-broken"
    assert "create" not in engine.calls()


def test_an_image_that_nobody_has_is_told(engine: PlayedEngine) -> None:
    engine.images.clear()
    problem = failing(engine, docker())
    assert problem.record.failure == "image-missing"
    assert IMAGE in str(problem)
    assert "manifest unknown" in str(problem)


def test_an_image_that_may_not_be_pulled_is_told(engine: PlayedEngine) -> None:
    engine.images.clear()
    problem = failing(engine, docker(pull="never"))
    assert problem.record.failure == "image-missing"
    assert "pull = 'never'" in str(problem)
    assert "pull" not in engine.calls()


@pytest.mark.parametrize(
    ("status", "words", "failure"),
    [
        (500, "Get https://ghcr.io/v2/: dial tcp: lookup ghcr.io: no such host", "image-unavailable"),
        (404, f"pull access denied for {IMAGE}, repository does not exist", "image-missing"),
    ],
)
def test_a_registry_that_refuses_is_told_apart_from_one_out_of_reach(
    status: int, words: str, failure: str, engine: PlayedEngine
) -> None:
    engine.images.clear()
    engine.refuses["pull"] = (status, words)
    problem = failing(engine, docker())
    assert problem.record.failure == failure
    assert words in str(problem)


def test_a_pull_that_breaks_off_is_told(engine: PlayedEngine) -> None:
    engine.images.clear()
    engine.pulling = [{"error": "unexpected EOF"}]
    assert failing(engine, docker()).record.failure == "image-unavailable"


def test_an_engine_that_does_not_answer_is_told(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        problem = failing(engine, docker())
    assert problem.record.failure == "engine-unreachable"
    assert f"tcp://127.0.0.1:{port}" in str(problem)
    assert "DOCKER_HOST" in problem.hint


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TWS_USERID": None}, "TWS_USERID is not set"),
        ({"TWS_PASSWORD": ""}, "TWS_PASSWORD is not set"),
        ({"TWS_PASSWORD_FILE": "{file}"}, "both TWS_PASSWORD and TWS_PASSWORD_FILE are set"),
        ({"TWS_PASSWORD": None, "TWS_PASSWORD_FILE": "{file}.not"}, "TWS_PASSWORD_FILE names cannot be read"),
        (
            {"TWS_PASSWORD": None, "TWS_PASSWORD_FILE": "~nobody-of-this-name/it"},
            "TWS_PASSWORD_FILE names cannot be read",
        ),
        ({"TWS_PASSWORD": None, "TWS_PASSWORD_FILE": "{file}"}, "TWS_PASSWORD has more than one line"),
    ],
)
def test_a_login_that_is_not_whole_starts_nothing(
    variables: dict[str, str | None],
    words: str,
    engine: PlayedEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "word"
    file.write_text("two\nlines\n", encoding="utf-8")
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value.format(file=file))
    problem = failing(engine, docker())
    assert problem.record.failure == "no-credential"
    assert words in str(problem)
    assert engine.requests == []


def test_every_failure_comes_from_somewhere() -> None:
    """Codes that no profile and no line of ours gives would be rules that nothing reaches."""
    markers = {marker.code for profile in load().values() for marker in profile.failures}
    exits = {meant.code for profile in load().values() for meant in profile.exits.values()}
    ours = {code for code in BootFailure if code.name in _sources()}
    assert markers | exits | ours == set(BootFailure)


def _sources() -> str:
    folder = Path(__file__).parents[3] / "harness" / "gateways" / "docker"
    return "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
