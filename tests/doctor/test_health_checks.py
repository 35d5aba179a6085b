"""Health checks as people have them: which prove something, and which wedge the Gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.doctor.health_checks import Judged, Worth, judged_checks
from harness.shared.errors import ExitCode, UsageError

ROOT = Path(__file__).parents[2]

COMPOSE = """
services:
  gateway:
    image: x/y
    healthcheck:
      test: {test}
      interval: 30s
  other:
    image: x/z
"""


def judged(test: object) -> tuple[Judged, ...]:
    return judged_checks(COMPOSE.format(test=json.dumps(test)), "compose.yaml")


@pytest.mark.parametrize(
    ("test", "worth"),
    [
        (["CMD", "nc", "-z", "localhost", "4002"], Worth.HARMFUL),
        ("nc -w 2 -vz 127.0.0.1 4004 || exit 1", Worth.HARMFUL),
        (["CMD-SHELL", "exec 3<>/dev/tcp/127.0.0.1/4004"], Worth.HARMFUL),
        (["CMD-SHELL", "bash -c 'timeout 1 bash -c \"</dev/tcp/localhost/4002\"'"], Worth.HARMFUL),
        (["CMD", "python", "-c", "import socket; socket.create_connection(('127.0.0.1', 4002))"], Worth.HARMFUL),
        (["CMD", "curl", "-sf", "telnet://localhost:4002"], Worth.HARMFUL),
        (["CMD", "pidof", "java"], Worth.BLIND),
        ("pgrep -f ibgateway", Worth.BLIND),
        ("ss -ltn | grep -q 4002", Worth.BLIND),
        (["CMD", "ib-compat", "doctor", "4002", "--gate", "--timeout", "10"], Worth.GOOD),
        (["CMD", "/opt/check"], Worth.UNKNOWN),
    ],
)
def test_a_health_check_is_judged_by_what_it_does(test: object, worth: Worth) -> None:
    (check,) = judged(test)
    assert (check.service, check.judged) == ("gateway", worth)


def test_the_one_that_the_documents_recommend_is_good() -> None:
    (check,) = judged_checks((ROOT / "docker" / "compose.health.yaml").read_text("utf-8"), "compose.health.yaml")
    assert (check.service, check.judged) == ("health", Worth.GOOD)


def test_one_through_a_forwarder_is_told_to_prove_nothing() -> None:
    behind, before = judged("nc -z 127.0.0.1 4004")[0], judged("nc -z 127.0.0.1 4002")[0]
    assert "forwarder" in behind.says
    assert "forwarder" not in before.says


@pytest.mark.parametrize("test", [["NONE"], [], None])
def test_one_that_is_switched_off_is_none(test: object) -> None:
    assert judged(test) == ()


def test_what_docker_inspect_prints_is_read() -> None:
    said = [{"Name": "/ib", "Config": {"Healthcheck": {"Test": ["CMD", "pidof", "java"]}}}, {"Config": {}}]
    (check,) = judged_checks(json.dumps(said), "-")
    assert (check.service, check.command, check.judged) == ("ib", "pidof java", Worth.BLIND)


@pytest.mark.parametrize("text", ["[1", "version: 3", "[1, 2]", "a: b: c", ""])
def test_what_is_neither_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        judged_checks(text, "compose.yaml")
    assert "docker inspect" in str(refused.value.hint)


def test_the_doctor_tells_what_a_health_check_is_worth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE.format(test='"nc -z localhost 4002"'), encoding="utf-8")
    arguments = ["doctor", "--simulate", "disconnected", "--health-check", str(file)]
    assert main([*arguments, "--json"]) == ExitCode.AS_EXPECTED
    (seen,) = json.loads(capsys.readouterr().out)
    assert [each["judged"] for each in seen["health_checks"]] == ["harmful"]
    main(arguments)
    assert "nc -z localhost 4002" in capsys.readouterr().out
