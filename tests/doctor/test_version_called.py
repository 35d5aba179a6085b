"""A gateway that answers as another version than the one that somebody calls it is told of, and no other one is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.doctor import subjects as module
from harness.doctor.examine import Examination
from harness.doctor.subjects import Asked
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.views.terminal.doctor_page import document, draw_examination
from harness.views.terminal.style import Style
from tests.doctor.looking import look_at
from tests.virtual import run_virtually

LIBRARY = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n'


def written(file: Path, port: int, **keys: object) -> Path:
    """A matrix file with a gateway at a port."""
    table = {"product": "gateway", "version": "10.45", "kind": "address", "host": "127.0.0.1", **keys, "port": port}
    lines = (f"{key} = {json.dumps(value)}" for key, value in table.items() if value is not None)
    file.write_text(LIBRARY + "[[gateway]]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def seen_at(
    file: Path, *, speaks: str = "gateway-10.40", address: str | None = None, keys: dict[str, object] | None = None
) -> Examination:
    """Look at a gateway of a version, which a file calls something; by address, or by that file."""

    async def look() -> Examination:
        async with SimulatedGateway(find(speaks)) as gateway:
            written(file, gateway.port, **(keys or {}))
            asked = Asked(addresses=(f"{address}:{gateway.port}",)) if address else Asked(matrix=file)
            return await look_at(asked)

    return run_virtually(look())


@pytest.fixture
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The matrix file that is meant where none is named."""
    file = tmp_path / "default.toml"
    monkeypatch.setattr(module, "default_matrix", lambda: file)
    return file


@pytest.mark.parametrize(
    ("speaks", "code"), [("gateway-10.45", "healthy"), ("gateway-10.40", "other-version"), ("tws-10.45", "healthy")]
)
def test_a_gateway_of_a_file_is_held_against_its_version(tmp_path: Path, speaks: str, code: str) -> None:
    seen = seen_at(tmp_path / "mine.toml", speaks=speaks)
    assert (seen.verdict.code, seen.verdict.usable) == (code, True)


@pytest.mark.parametrize(("asked", "listed"), [("127.0.0.1", "127.0.0.1"), ("127.1", "localhost")])
def test_one_that_is_named_by_its_address_is_what_the_default_file_calls_it(
    default: Path, asked: str, listed: str
) -> None:
    seen = seen_at(default, address=asked, keys={"host": listed})
    assert seen.verdict.code == "other-version"
    assert (seen.subject.called, seen.subject.called_in) == ("10.45", str(default))


@pytest.mark.parametrize("keys", [{"host": "127.0.0.2"}, {"kind": "simulator", "host": None}])
def test_what_the_default_file_has_elsewhere_says_nothing(default: Path, keys: dict[str, object]) -> None:
    seen = seen_at(default, address="127.0.0.1", keys=keys)
    assert (seen.verdict.code, seen.subject.called) == ("healthy", None)


def test_nor_does_a_file_that_cannot_be_read(default: Path) -> None:
    seen = seen_at(default, address="127.0.0.1", keys={"nonsense": 1})
    assert (seen.verdict.code, seen.subject.called) == ("healthy", None)


def test_the_page_says_what_it_speaks_as_and_who_calls_it_what(default: Path) -> None:
    seen = seen_at(default, address="127.0.0.1")
    page = " ".join(draw_examination(seen, width=120, style=Style(colour=False, unicode=False)).split())
    assert "10.40 by its server version" in page
    assert f"10.45 by {default}" in page
    assert (document(seen)["called"], tuple(document(seen)["known_as"])) == ("10.45", ("10.40",))
