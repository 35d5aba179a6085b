"""What cannot be is refused in the file, before anything is built: for nox, too, which reads only rows."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomllib

from harness.known.gateway_versions import known_versions, server_version_of, versions_of
from harness.plan.matrix.load import load_matrix
from harness.plan.matrix.rows import OLDEST_MINOR, read_rows
from harness.shared.errors import MatrixError

LIBRARY = '[[library]]\nadapter = "ib_async"\nversions = ["2.1.0"]\n'


def gateway(**keys: object) -> str:
    known = {"product": "gateway", "version": "10.45", "kind": "address", **keys}
    lines = (f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"' for key, value in known.items())
    return "[[gateway]]\n" + "\n".join(lines) + "\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(folder: Path, text: str) -> str:
    """What both readers say; they must agree."""
    file = written(folder, text)
    with pytest.raises(MatrixError) as early:
        read_rows(file)
    with pytest.raises(MatrixError) as whole:
        load_matrix(file)
    assert str(early.value).splitlines()[0] == str(whole.value).splitlines()[0]
    return str(whole.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"host": "127.0.0.1", "port": 4002}, {"host": "127.0.0.1", "port": 4002}),
        ({"host": "127.0.0.1", "port": 4002}, {"host": "localhost", "port": 4002}),
        ({"host": "localhost", "port": 4002}, {"host": "::1", "port": 4002}),
        ({"port": 4002}, {"host": "LOCALHOST.", "port": 4002}),
        ({"port": 4002}, {"host": "127.1", "port": 4002}),
        ({"port": 4002}, {"host": "0.0.0.0", "port": 4002}),  # noqa: S104 - nothing is bound
        ({"host": "box.example.org", "port": 4002}, {"host": "Box.example.org", "port": 4002}),
        ({"port": 4002}, {"kind": "simulator", "port": 4002}),
        ({"kind": "simulator", "port": 4002}, {"kind": "simulator", "port": 4002, "version": "10.40"}),
    ],
)
def test_two_gateways_at_one_place_are_refused(
    tmp_path: Path, one: dict[str, object], other: dict[str, object]
) -> None:
    said = refused(tmp_path, LIBRARY + gateway(name="a", **one) + gateway(name="b", **other))
    assert "[[gateway]] 2" in said
    assert "[[gateway]] 1" in said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"port": 4002}, {"port": 4001}),
        ({"host": "10.0.0.1", "port": 4002}, {"host": "10.0.0.2", "port": 4002}),
        ({"host": "127.0.0.1", "port": 4002}, {"host": "127.0.0.2", "port": 4002}),
        ({"host": "one.example.org", "port": 4002}, {"host": "two.example.org", "port": 4002}),
        ({"kind": "simulator"}, {"kind": "simulator", "version": "10.40"}),
        ({"kind": "simulator", "port": 0}, {"kind": "simulator", "port": 0}),
    ],
)
def test_what_is_surely_two_places_is_not(tmp_path: Path, one: dict[str, object], other: dict[str, object]) -> None:
    file = written(tmp_path, LIBRARY + gateway(name="a", **one) + gateway(name="b", **other))
    assert len(load_matrix(file).gateways) == 2
    assert len(read_rows(file)) == 1


def test_the_port_of_the_surroundings_is_a_place_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_PORT", "4002")
    monkeypatch.delenv("IB_HOST", raising=False)
    with pytest.raises(MatrixError, match="cannot be both"):
        load_matrix(written(tmp_path, LIBRARY + gateway(name="a") + gateway(name="b", port=4002)))


@pytest.mark.parametrize("keys", [{"version": "10.38"}, {"version": "10.45", "profile": "gateway-10.54"}])
def test_what_nobody_can_simulate_is_refused(tmp_path: Path, keys: dict[str, object]) -> None:
    said = refused(tmp_path, LIBRARY + gateway(kind="simulator", **keys))
    assert "[[gateway]] 1: no simulated gateway is called" in said


@pytest.mark.parametrize("origin", ["wheel", "source", "zip"])
def test_a_library_that_is_not_there_is_refused(tmp_path: Path, origin: str) -> None:
    text = f'[[library]]\nadapter = "ibapi"\n{origin} = "nowhere/it-1-py3-none-any.whl"\n' + gateway(port=4002)
    assert f"[[library]] 1: {origin}: " in refused(tmp_path, text)


def test_a_python_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "no such Python" in refused(tmp_path, LIBRARY + 'pythons = ["3.99"]\n' + gateway(port=4002))
    written(tmp_path, LIBRARY + 'pythons = ["3.10", "3.14", "3.14t"]\n' + gateway(port=4002))
    assert len(read_rows(tmp_path / "mine.toml")) == 3


@pytest.mark.parametrize("python", ["3.9", "3.2", "3.0", "3.9t"])
@pytest.mark.parametrize("table", ["", "[defaults]\n"])
def test_a_python_that_is_too_old_for_what_asks_is_refused(tmp_path: Path, python: str, table: str) -> None:
    said = refused(tmp_path, LIBRARY + f'{table}pythons = ["3.11", "{python}"]\n' + gateway(port=4002))
    assert f"'{python}'" in said
    assert f"3.{OLDEST_MINOR} " in said


def test_the_oldest_python_of_a_row_is_that_for_which_its_half_is_checked() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["ruff"]["target-version"] == f"py3{OLDEST_MINOR}"


def test_server_versions_are_known_by_minor_version_and_otherwise_are_not() -> None:
    expected = known_versions()["gateway-10.45"].server_version
    assert server_version_of("gateway", "10.45.1j") == server_version_of("tws", "10.45") == expected
    assert server_version_of("gateway", "10.38") is None
    assert server_version_of("gateway", "unknown") is None
    assert "10.45" in versions_of(expected)
