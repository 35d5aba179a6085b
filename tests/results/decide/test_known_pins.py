"""The pins of matrices/known.toml, on real libraries from PyPI, against a list made by hand; and that they install."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.plan.matrix.environments import MARKER
from harness.plan.matrix.rows import read_rows, running_python
from harness.shared.untrusted import uv
from tests.indexes import need_pypi
from tests.rows import BUSY, LOOKS

pytestmark = pytest.mark.slow

MATRIX = Path(__file__).parents[3] / "matrices" / "known.toml"
ORDINARY = "gateway-10.45-paper"
THOUGH_IT_ENDS = ("--allow", "desupport_notice")

BY_HAND = {
    ORDINARY: {
        "ib_async": ["ib_async==2.1.0"],  # the newest there is; works
        "ib_insync": ["ib_insync==0.9.86"],  # the last there will be; works
        "ibapi": [],  # the only one under IBKR's name speaks 157: it is refused what has fractional sizes
        "nautilus-ibapi": ["nautilus-ibapi==10.45.1", "protobuf>=5.29.5"],  # alone it fails at import: protobuf
        "ibapi-latest": ["ibapi-latest==10.47.1"],  # the first after 10.40 that pins a protobuf new enough
    },
    f"{ORDINARY}-early-notice": {
        "ib_async": ["ib_async==2.1.0"],
        "ib_insync": ["ib_insync==0.9.86"],
        "ibapi": [],  # takes any frame before the version reply for it
        "nautilus-ibapi": ["nautilus-ibapi==10.45.1", "protobuf>=5.29.5"],  # the client does so before 10.37 only
    },
    f"{ORDINARY}-split-version-reply": {
        "ib_async": ["ib_async==2.1.0"],
        "ib_insync": ["ib_insync==0.9.86"],
        "ibapi": [],  # each piece is parsed alone, in every version of IBKR's client
        "nautilus-ibapi": [],
    },
    f"{ORDINARY}-read-only": {
        "ib_async": [],  # 321 at start-up, and then the timeout: degraded at ready
        "ib_insync": [],
        "ibapi": ["ibapi==9.81.1.post1"],  # asks for no orders by itself
        "nautilus-ibapi": ["nautilus-ibapi==10.45.1", "protobuf>=5.29.5"],
    },
}
"""Gateway to package to lines, with the reason for each. What the column does not ask is not listed."""

CODES = {
    ORDINARY: 1,  # no version of ibapi under that name is left
    f"{ORDINARY}-early-notice": 1,  # every version of ibapi that there is was asked, and fails
    f"{ORDINARY}-split-version-reply": 1,
    f"{ORDINARY}-read-only": 3,  # ib_insync 0.9.72 was not asked there, so nobody knows that none works
}


WHOSE_FAULT = {
    "ibapi==9.81.1.post1": ("too-old-for-fractions", "library"),
    "ib_insync==0.9.70": ("library-loses-the-answer", "library"),  # of a holding whose size is no whole number
    "nautilus-ibapi==10.43.2": ("library-reads-it-wrongly", "library"),  # underConId
    "nautilus-ibapi-as-published==10.37.2": ("protobuf-missing", "packaging"),
    "nautilus-ibapi-as-published==10.45.1": ("protobuf-missing", "packaging"),
    "nautilus-ibapi-protobuf-4.25==10.37.2": ("protobuf-too-old", "packaging"),
    "nautilus-ibapi-protobuf-5.29.2==10.37.2": ("protobuf-too-old", "packaging"),
    "nautilus-ibapi-protobuf-5.29.3==10.45.1": ("protobuf-too-old", "packaging"),
    "ibapi-latest==10.40.1": ("library-reads-it-wrongly", "library"),  # underConId
    "ibapi-latest==10.41.1": ("protobuf-too-old", "packaging"),
    "ibapi-latest==10.43.2": ("protobuf-too-old", "packaging"),
    "ibapi-latest==10.45.1": ("protobuf-too-old", "packaging"),
    "ibapi-latest==10.46.1": ("protobuf-too-old", "packaging"),
    "ib_insync-of-2022==0.9.72": ("library-fails-at-its-start", "library"),  # a field of completed orders too many
}
"""What an ordinary gateway shows of each row that is red there."""


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each row has an environment that was made for it."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="module")
def results(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of known.toml on this Python."""
    need_pypi()
    folder = tmp_path_factory.mktemp("results")
    asked = [word for gateway in BY_HAND for word in ("--gateway", gateway)]
    assert main([*words(environments, folder), *asked, "--python", running_python()]) == 0
    return folder


def words(environments: Path, folder: Path) -> list[str]:
    """Give the command that runs known.toml."""
    return ["run", "--matrix", str(MATRIX), "--environments", str(environments), "--results", str(folder)]


@pytest.mark.parametrize("gateway", BY_HAND)
def test_the_pins_are_the_newest_working_versions(
    results: Path, gateway: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["pins", "--gateway", gateway, "--results", str(results), "--json"])
    libraries = json.loads(capsys.readouterr().out)["libraries"]
    found = {each["distribution"]: each["constraints"] for each in libraries}
    assert found == BY_HAND[gateway]
    assert code == CODES[gateway]


def test_whose_fault_each_red_on_an_ordinary_gateway_is(environments: Path, results: Path, tmp_path: Path) -> None:
    """Rows are asked again of which this machine was too busy to tell."""
    found = faults(results)
    for look in range(LOOKS):
        busy = [row for row, (code, _) in found.items() if code == BUSY]
        if busy:
            rows = [word for row in busy for word in ("--row", f"{row}/py{running_python()}")]
            main([*words(environments, tmp_path / str(look)), "--gateway", ORDINARY, *rows])
            found |= faults(tmp_path / str(look))
    assert found == WHOSE_FAULT


def faults(results: Path) -> dict[str, tuple[str, str]]:
    """Give the verdict on each row that is red at the ordinary gateway."""
    cells = json.loads((results / "latest" / "results.json").read_text("utf-8"))["cells"].values()
    return {
        cell["row"].rpartition("/")[0]: (cell["diagnosis"]["code"], cell["diagnosis"]["fault"])
        for cell in cells
        if cell["gateway"] == ORDINARY and cell["diagnosis"] is not None
    }


def test_an_upgrade_to_a_gateway_with_a_fault_is_not_safe_and_the_cause_is_named(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("nautilus-ibapi==10.45.1\nprotobuf>=5.29.5\n", encoding="utf-8")
    words = ["upgrade", "--from", ORDINARY, "--requirements", str(file), *THOUGH_IT_ENDS, "--results", str(results)]
    assert main([*words, "--to", f"{ORDINARY}-split-version-reply"]) == 1
    page = capsys.readouterr().out
    assert "NOT SAFE: nautilus-ibapi 10.45.1 will not work." in page
    assert "timeout at version" in page
    assert "[version-reply-in-pieces]" in page
    assert main([*words, "--to", f"{ORDINARY}-early-notice"]) == 0


def test_what_was_broken_in_packaging_is_told_from_what_works(results: Path, tmp_path: Path) -> None:
    """The same library at the same version: with the protobuf that it needs, with one too old, and with none."""
    file = tmp_path / "uv.lock"
    package = '[[package]]\nname = "{}"\nversion = "{}"\n'
    codes = {}
    for protobuf in ("6.33.6", "5.29.3", ""):
        beside = package.format("protobuf", protobuf) if protobuf else ""
        file.write_text(package.format("nautilus-ibapi", "10.45.1") + beside, encoding="utf-8")
        words = ["upgrade", "--from", ORDINARY, "--to", ORDINARY, "--lock", str(file), *THOUGH_IT_ENDS]
        codes[protobuf] = main([*words, "--results", str(results)])
    assert codes == {"6.33.6": 0, "5.29.3": 1, "": 1}


@pytest.mark.parametrize(
    ("installer", "row", "install"),
    [
        ("uv", f"ib_async==2.1.0/py{running_python()}", ["ib_async"]),
        ("uv", f"ib_insync==0.9.86/py{running_python()}", ["ib_insync"]),
        ("uv", f"nautilus-ibapi==10.45.1/py{running_python()}", ["nautilus-ibapi", "protobuf"]),
        ("pip", f"nautilus-ibapi==10.45.1/py{running_python()}", ["nautilus-ibapi", "protobuf"]),
        ("uv", f"ibapi-latest==10.47.1/py{running_python()}", ["ibapi-latest"]),
    ],
)
def test_what_the_constraints_install_works(
    results: Path, tmp_path: Path, installer: str, row: str, install: list[str]
) -> None:
    """With the words that the file tells: one library of it, and what that needs beside it."""
    constraints = tmp_path / "constraints.txt"
    assert (
        main(["pins", "--gateway", ORDINARY, "--results", str(results), "--output", str(constraints)])
        == CODES[ORDINARY]
    )
    place = tmp_path / "environments" / "row"
    python = _installed(place, installer, ["-c", str(constraints), *install])
    (planned,) = (each for each in read_rows(MATRIX) if each.id == row)
    marker = {"row": row, "requirements": planned.requirements, "python": str(python), "installed": True}
    (place / MARKER).write_text(json.dumps(marker), "utf-8")
    words = ["run", "--matrix", str(MATRIX), "--row", row, "--gateway", ORDINARY, "--environments", str(place.parent)]
    assert main([*words, "--results", str(tmp_path / "results")]) == 0
    (cell,) = json.loads((tmp_path / "results/latest/results.json").read_text("utf-8"))["cells"].values()
    assert (cell["status"], cell["resolved"]["version"]) == ("pass", planned.version)


def _installed(place: Path, installer: str, words: Sequence[str]) -> Path:
    """A new environment with what an installer makes of the words."""
    found = uv()
    if installer == "uv" and found is None:
        pytest.skip("needs uv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    tool = (
        [str(found), "pip", "install", "--python", str(python)]
        if installer == "uv"
        else [sys.executable, "-m", "pip", "--python", str(python), "install"]
    )
    subprocess.run([*tool, "--quiet", *words], check=True)
    return python
