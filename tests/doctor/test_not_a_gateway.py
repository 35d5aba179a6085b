"""What listens on the port is no Gateway at all: the verdict says what it is, and lays it at no library's door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from harness.diagnose.control import other_protocols
from harness.doctor.examine import Examination
from harness.shared.status import Fault
from harness.views.terminal.doctor_page import document, draw_examination
from harness.views.terminal.style import Style
from tests.doctor.looking import look_at_port, side_by_side
from tests.doctor.strangers import ACCOUNT, NOISES, strangers

SPEAKING = {
    "web": "HTTP",
    "ssh": "SSH",
    "tls": "TLS",
    "tls without certificate": "TLS",
    "redis": "Redis",
    "mail": "mail or file server",
    "vnc": "VNC",
}
NAMES = [*SPEAKING, *NOISES, "echo", "never accepts", "held", "account"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Examination]]:
    with strangers(tmp_path_factory.mktemp("certificate")) as found:
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
    assert SPEAKING[name] in verdict.says.partition(". ")[0]


@pytest.mark.parametrize("name", ["echo", "account", *NOISES, "never accepts"])
def test_what_says_nothing_that_is_known_is_another_program(name: str, looked_at: dict[str, Examination]) -> None:
    """It is seen who listens, so nothing is laid at the door of a Gateway."""
    seen = looked_at[name]

    assert (seen.verdict.code, seen.verdict.fault) == ("another-program", Fault.SETTINGS)
    assert seen.view.listener is not None
    assert str(seen.view.listener.owner.pid) in seen.verdict.says


def test_only_what_is_seen_to_be_another_program_is_greeted_as_another(looked_at: dict[str, Examination]) -> None:
    assert {*other_protocols.greetings()} <= {each.when for each in looked_at["never accepts"].case.found.attempts}


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
