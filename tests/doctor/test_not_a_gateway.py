"""What listens on the port is no Gateway at all: the verdict says what it is, and lays it at no library's door."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.doctor.examine import Examination
from harness.report.doctor import document, draw_examination
from harness.report.style import Style
from harness.status import Fault
from tests.doctor import others
from tests.doctor.looking import look_at_port, side_by_side

ACCOUNT = "DU9000001"
NOISES = [f"noise {seed}" for seed in range(10)]
SPEAKING = {
    "web": "HTTP",
    "ssh": "SSH",
    "tls": "TLS",
    "tls without certificate": "TLS",
    "redis": "Redis",
    "mail": "a mail or file server",
    "vnc": "VNC",
}
NAMES = [*SPEAKING, *NOISES, "echo", "never accepts", "held", "account"]


def ports(stack: ExitStack, folder: Path) -> dict[str, int]:
    """Bring all servers up."""
    keepers = {
        "ssh": others.greets(b"SSH-2.0-OpenSSH_9.6\r\n"),
        "tls": others.tls(others.with_certificate(folder)),
        "tls without certificate": others.tls(others.without_certificate(folder)),
        "redis": others.greets(b"-ERR unknown command\r\n"),
        "mail": others.greets(b"220 mail.example ESMTP\r\n"),
        "vnc": others.greets(b"RFB 003.008\n"),
        "echo": others.echo,
        "account": others.greets(f"user {ACCOUNT} is logged in\r\n".encode()),
        **{name: others.noise(seed) for seed, name in enumerate(NOISES)},
    }
    found = {name: stack.enter_context(others.serving(keeper)) for name, keeper in keepers.items()}
    found["web"] = stack.enter_context(others.web_server())
    found["never accepts"] = stack.enter_context(others.never_accepts())
    found["held"] = stack.enter_context(others.held())
    return found


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Examination]]:
    with ExitStack() as stack:
        found = ports(stack, tmp_path_factory.mktemp("certificate"))
        yield dict(zip(found, asyncio.run(side_by_side(map(look_at_port, found.values()))), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_it_is_laid_at_a_library(name: str, looked_at: dict[str, Examination]) -> None:
    verdict = looked_at[name].verdict

    assert not verdict.usable
    assert verdict.fault in {Fault.GATEWAY, Fault.SETTINGS}
    assert verdict.next


@pytest.mark.parametrize("name", SPEAKING)
def test_what_it_speaks_is_named(name: str, looked_at: dict[str, Examination]) -> None:
    verdict = looked_at[name].verdict

    assert (verdict.code, verdict.fault) == ("speaks-something-else", Fault.SETTINGS)
    assert verdict.says.startswith(SPEAKING[name])


@pytest.mark.parametrize("name", ["echo", "account", *NOISES])
def test_bytes_that_fit_nothing_are_told_as_such(name: str, looked_at: dict[str, Examination]) -> None:
    seen = looked_at[name]

    assert (seen.verdict.code, seen.verdict.fault) == ("unreadable-answer", Fault.GATEWAY)
    assert str(seen.case.found.plain.reason) in seen.verdict.says


def test_a_port_that_never_accepts_is_a_gateway_that_does_not_read(looked_at: dict[str, Examination]) -> None:
    codes = {"never-read"} if sys.platform == "linux" else {"left-over-connections", "accepted-and-silent"}

    assert looked_at["never accepts"].verdict.code in codes


def test_a_port_at_which_nobody_listens_is_told_as_such(looked_at: dict[str, Examination]) -> None:
    seen = looked_at["held"]

    assert seen.case.found.plain.ended == "refused"
    assert seen.verdict.code in {"not-running", "nothing-listens", "wrong-port", "api-port-closed"}


@pytest.mark.parametrize("width", [70, 80, 100])
@pytest.mark.parametrize("name", NAMES)
def test_its_page_can_be_printed_and_shows_no_account(name: str, width: int, looked_at: dict[str, Examination]) -> None:
    page = draw_examination(looked_at[name], width=width, style=Style())

    assert all(line.isprintable() and len(line) <= width for line in page.splitlines())
    assert not shows_account(" ".join(page.split()))


@pytest.mark.parametrize("name", NAMES)
def test_its_document_is_json_and_shows_no_account(name: str, looked_at: dict[str, Examination]) -> None:
    assert not shows_account(json.dumps(document(looked_at[name])))


def shows_account(text: str) -> bool:
    """Also where it is spelt in hex, as errors quote what came."""
    return ACCOUNT in text or ACCOUNT.encode().hex(" ") in text
