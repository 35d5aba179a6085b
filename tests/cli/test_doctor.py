"""``ib-compat doctor``: exit codes, pages, JSON, waiting and watching, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.doctor import watch
from harness.doctor.examine import Examination
from harness.doctor.subject import Subject
from harness.known.scenarios import Behaviour
from harness.shared.errors import ExitCode
from tests.diagnose.control.listeners import beside
from tests.doctor.looking import SEEDS, playing

ACCOUNT = "DU9000001"
MASKED = "DU9***01"
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def healthy() -> Iterator[str]:
    with beside(playing) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    with beside(lambda: playing("refuses")) as port:
        yield f"127.0.0.1:{port}"


def doctor(capsys: Output, *words: str) -> tuple[int, str, str]:
    """Return exit code, output and errors; neither with an account."""
    code = main(["doctor", *words])
    printed = capsys.readouterr()
    assert ACCOUNT not in printed.out + printed.err
    return code, printed.out, printed.err


def answers(capsys: Output, *words: str) -> tuple[int, list[dict[str, Any]]]:
    code, out, _ = doctor(capsys, *words, "--json")
    return code, json.loads(out)


def test_a_gateway_that_is_well_is_0_and_a_page_with_its_accounts_masked(capsys: Output, healthy: str) -> None:
    code, out, err = doctor(capsys, healthy)

    assert (code, err) == (ExitCode.AS_EXPECTED, "")
    assert out.startswith(f"{healthy} · Gateway or TWS\nconnect    ✓ tcp ")
    assert f"accounts {MASKED}" in out
    assert "\nverdict    healthy · nobody is at fault, certain [healthy]\n" in out


def test_a_gateway_to_which_no_client_can_connect_is_1(capsys: Output, refusing: str) -> None:
    code, out, _ = doctor(capsys, refusing, "--product", "tws")

    assert code == ExitCode.INCOMPATIBLE
    assert out.startswith(f"{refusing} · TWS\nconnect    ✗ tcp      connection refused: nothing listens there\n")
    assert "\nnext       1. " in out


def test_one_of_several_that_is_not_well_is_1(capsys: Output, healthy: str, refusing: str) -> None:
    code, out, _ = doctor(capsys, healthy, refusing)

    assert code == ExitCode.INCOMPATIBLE
    assert f"\n\n{refusing} · " in out


def test_a_fault_that_gets_its_verdict_is_0(capsys: Output) -> None:
    code, out, _ = doctor(capsys, "--simulate", "closes-after-version")

    assert code == ExitCode.AS_EXPECTED
    assert "[ended-after-version]" in out


def test_a_fault_with_keys_of_its_own_has_no_verdict_to_get(capsys: Output) -> None:
    code, out, _ = doctor(capsys, "--simulate", "closes-after-version", "--set", "server_version=187")

    assert code == ExitCode.INCOMPATIBLE
    assert "[ended-after-version]" in out


def test_gateways_of_a_matrix_file_are_held_against_the_verdicts_that_it_names(capsys: Output, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = SEEDS.read_text("utf-8")
    assert doctor(capsys, "--matrix", str(SEEDS), "--gateway", "h-*")[0] == ExitCode.AS_EXPECTED

    file.write_text(text.replace('verdict = "read-only-api"', 'verdict = "never-read"'), encoding="utf-8")
    code, seen = answers(capsys, "--matrix", str(file), "--gateway", "h-*")

    assert code == ExitCode.INCOMPATIBLE
    assert (seen[0]["verdict"]["code"], seen[0]["verdict"]["expected"]) == ("read-only-api", "never-read")


def test_a_hello_that_is_none_is_laid_at_whoever_sent_it(capsys: Output, healthy: str) -> None:
    code, out, _ = doctor(capsys, healthy, "--hello", r"API=9.72\0")

    assert code == ExitCode.INCOMPATIBLE
    assert "at fault: harness, certain [probe-malformed]" in out


def test_a_hello_that_is_one_changes_nothing(capsys: Output, healthy: str) -> None:
    code, out, _ = doctor(capsys, healthy, "--hello", r"API\0\0\0\0\x09v100..176")

    assert code == ExitCode.AS_EXPECTED
    assert "[healthy]" in out


def test_a_hello_with_an_account_in_it_shows_none(capsys: Output, healthy: str) -> None:
    _, out, _ = doctor(capsys, healthy, "--hello", f"user={ACCOUNT}")

    assert ACCOUNT.encode().hex(" ") not in " ".join(out.split())


def test_json_tells_all_of_it(capsys: Output, healthy: str) -> None:
    code, (seen,) = answers(capsys, healthy)

    assert code == ExitCode.AS_EXPECTED
    assert set(seen) == {
        "name", "host", "port", "product", "seconds", "verdict", "speaks", "highest_answered",
        "attempts", "host_view", "declared", "asked", "unasked", "api_settings", "notes",
        "called", "known_as",
    }  # fmt: skip
    assert set(seen["verdict"]) == {
        "code", "title", "fault", "sure", "usable", "says", "because", "decides", "next", "expected",
    }  # fmt: skip
    assert f"{seen['host']}:{seen['port']}" == healthy
    assert (seen["verdict"]["code"], seen["verdict"]["fault"], seen["verdict"]["usable"]) == ("healthy", None, True)
    assert seen["attempts"][0]["accounts"] == [MASKED]
    assert seen["speaks"] == "api"


def test_bytes_in_json_are_hex_without_accounts(capsys: Output) -> None:
    foreign = Behaviour(banner=f"SSH-2.0-{ACCOUNT}")
    with beside(lambda: playing("speaks-ssh", behaviour=foreign)) as port:
        code, (seen,) = answers(capsys, str(port))

    assert code == ExitCode.INCOMPATIBLE
    assert bytes.fromhex(seen["attempts"][0]["first_bytes"]) == f"SSH-2.0-{MASKED}\r\n".encode()
    assert ACCOUNT.encode().hex(" ") not in json.dumps(seen)


def test_an_account_in_a_notice_is_masked(capsys: Output) -> None:
    said = Behaviour.model_validate({"notices": [{"code": 2107, "text": f"of {ACCOUNT}, and no other"}]})
    with beside(lambda: playing(behaviour=said)) as port:
        _, out, _ = doctor(capsys, str(port))

    assert f"2107 of {MASKED}, and no other" in out


def test_an_account_that_looks_like_none_is_masked(capsys: Output) -> None:
    with beside(lambda: playing(behaviour=Behaviour(account_list="white-label-77"))) as port:
        _, out, _ = doctor(capsys, str(port))

    assert "white-label-77" not in out
    assert "accounts whi***77" in out


def test_the_gate_opens_for_a_gateway_that_is_well(capsys: Output, healthy: str) -> None:
    code, out, _ = doctor(capsys, healthy, "--gate")

    assert (code, out) == (
        ExitCode.AS_EXPECTED,
        f"{healthy}: healthy · nobody is at fault, certain [healthy]\n",
    )


def test_the_gate_stays_shut_when_the_time_is_over(
    capsys: Output, refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    async def until_usable(subject: Subject, *, timeout: float) -> Examination:
        given.append(timeout)
        return await watch.until_usable(subject, timeout=timeout)

    monkeypatch.setattr("harness.cli.doctor.until_usable", until_usable)
    code, out, _ = doctor(capsys, refusing, "--gate", "--timeout", "0.1")

    assert (code, given) == (ExitCode.INCOMPATIBLE, [0.1])
    assert out.startswith(f"{refusing}: ")
    assert len(out.splitlines()) == 1


def test_an_account_in_the_name_of_a_host_is_masked_in_a_line(capsys: Output) -> None:
    _, out, _ = doctor(capsys, f"{ACCOUNT}.invalid:4002", "--gate", "--timeout", "0.1")

    assert out.startswith(f"{MASKED}.invalid:4002: ")


@pytest.mark.slow
def test_watching_tells_the_first_look_and_ends_with_its_time(capsys: Output, refusing: str) -> None:
    code, out, _ = doctor(capsys, refusing, "--watch", "--interval", "0.05", "--timeout", "5")

    assert code == ExitCode.AS_EXPECTED
    (line,) = out.splitlines()
    assert f" {refusing}: " in line
    assert "at fault: " in line


@pytest.mark.slow
def test_watching_as_json_is_one_object_a_line(capsys: Output, healthy: str, refusing: str) -> None:
    code, out, _ = doctor(capsys, healthy, refusing, "--watch", "--interval", "0.05", "--timeout", "8", "--json")

    seen = [json.loads(line) for line in out.splitlines()]
    assert code == ExitCode.AS_EXPECTED
    assert {each["name"] for each in seen} == {healthy, refusing}
    assert all(each["lasted"] is None and each["at"] > 0 for each in seen)


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        (["4002", "--matrix", str(SEEDS)], "addresses and --matrix cannot be combined", "Name one source"),
        (["4002", "--simulate", "silent"], "addresses and --simulate cannot be combined", "Name one source"),
        (["--gateway", "a-*"], "--gateway needs a matrix file", "Add --matrix FILE."),
        (["4002", "--set", "max_clients=1"], "--set needs a simulated gateway", "Add --simulate SCENARIO."),
        (["--simulate", "silent", "--set", "speed=1"], "unknown key 'speed'", "docs/reference/matrix.md"),
        (["--simulate", "silent", "--set", "max_clients=none"], "--set max_clients: 'none': expected", "matrix.md"),
        (["--simulate", "mute"], "no scenario is called 'mute'", "ib-compat scenarios"),
        (["--matrix", str(SEEDS), "--gateway", "z"], "has no gateway z", "There are: a-accepted-and-silent"),
        (
            ["--matrix", str(SEEDS), "--product", "tws"],
            "--product and --client-id cannot be combined with --matrix",
            "has both",
        ),
        (
            ["4002", "--gate", "--watch"],
            "--gate and --watch cannot be combined",
            "--gate ends by itself, --watch does not.",
        ),
        (["4002", "--gate", "--libraries"], "--libraries cannot be combined with", "They look without libraries."),
        (["4002", "--watch", "--libraries"], "--libraries cannot be combined with", "They look without libraries."),
        (["4002", "--timeout", "5"], "--timeout needs --gate or --watch", "ten seconds"),
        (["4002", "--hello", "API\\"], "is not text with valid escapes", "Write bytes as"),
        (["127.0.0.1:70000"], "'127.0.0.1:70000' is not an address", "Write HOST:PORT"),
    ],
)
def test_wrong_use_is_2_and_told_with_a_hint(words: list[str], says: str, hint: str, capsys: Output) -> None:
    code, out, err = doctor(capsys, *words)

    assert (code, out) == (ExitCode.WRONG_USE, "")
    assert says in err
    assert hint in err


@pytest.mark.parametrize(
    "words",
    [["--client-id", "1"], ["--client-id", "13"], ["--timeout", "0"], ["--interval", "0"], ["--product", "desktop"]],
)
def test_a_value_that_cannot_be_is_2(words: list[str], capsys: Output) -> None:
    code, _, err = doctor(capsys, "4002", *words)

    assert code == ExitCode.WRONG_USE
    assert words[0] in err


def test_a_gateway_that_cannot_be_started_is_3(capsys: Output, tmp_path: Path, healthy: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n[[gateway]]\nkind = "simulator"\n'
        f'product = "gateway"\nversion = "10.45"\nport = {healthy.rpartition(":")[2]}\n',
        encoding="utf-8",
    )

    code, _, err = doctor(capsys, "--matrix", str(file))

    assert code == 3
    assert "the port is in use" in err


def test_the_help_has_an_example_for_every_way_of_looking(capsys: Output) -> None:
    code, out, _ = doctor(capsys, "--help")

    assert code == ExitCode.AS_EXPECTED
    examples = out.partition("Examples:")[2]
    assert all(
        option in examples for option in ("--gate", "--watch", "--hello", "--matrix", "--libraries", "--simulate")
    )
