"""A run that came from elsewhere and means harm: nothing of this machine's other files gets into what is made of it."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from tests.attacks.attacks import nothing
from tests.attacks.kept import CELL, COMMANDS, PROGRAM, RUN, keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Maker

CANARY = "canary-of-another-file"

NOT_BELIEVED = {
    **dict.fromkeys((name for name in COMMANDS if name != "why"), 3),
    **dict.fromkeys(("history", "upgrade", "pins"), 2),
}
"""Commands that read a run's results, and how they end where nothing else can be read."""


@pytest.fixture(autouse=True)
def run(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.cli.bundle._look", nothing)
    (tmp_path / "canary").write_text(f"{CANARY}\n", "utf-8")
    return keep(make)


def link(place: Path, to: Path) -> None:
    try:
        place.symlink_to(to, target_is_directory=to.is_dir())
    except OSError:
        pytest.skip("this system lets not everybody make links")


def of_a_file(run: Path) -> None:
    for name in ("evidence.jsonl", "output.txt", "wire.jsonl"):
        file = run.joinpath("cells", *CELL.split("/"), name)
        file.unlink()
        link(file, Path("canary").absolute())
    (run / "plan.json").unlink()
    link(run / "plan.json", Path("canary").absolute())


def of_what_a_program_left(run: Path) -> None:
    for name in ("output.txt", "asked.json"):
        file = run.joinpath("programs", *PROGRAM.split("/"), name)
        file.unlink()
        link(file, Path("canary").absolute())


def of_a_folder(run: Path) -> None:
    folder = run.joinpath("cells", *CELL.split("/"))
    other = Path("other")
    folder.rename(other)
    for file in other.iterdir():
        file.write_text(CANARY, "utf-8")
    link(folder, other.absolute())


def left_behind() -> list[Path]:
    """Files with the canary in them that were not there before."""
    ours = {Path("canary").resolve(), *(file.resolve() for file in Path("other").glob("*"))}
    files = (file for file in Path().rglob("*") if file.is_file() and file.resolve() not in ours)
    return [file for file in files if CANARY.encode() in _content(file)]


def _content(file: Path) -> bytes:
    if file.suffix != ".zip":
        return file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("linked", [of_a_file, of_a_folder, of_what_a_program_left])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("merge", RUN), 3),
        (("bundle", "--output", "it.zip"), 0),
        (("page",), 0),
        (("show", CELL), 0),
        (("show", CELL, "--json"), 0),
        (("show", PROGRAM), 0),
        (("show", PROGRAM, "--json"), 0),
        (("export", "--format", "markdown", "--output", "it.md"), 0),
    ],
)
def test_links_are_not_followed(
    words: tuple[str, ...], code: int, linked: Callable[[Path], None], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    linked(run)

    assert main(words) == code

    assert left_behind() == []
    out, err = capsys.readouterr()
    assert CANARY not in out + err
    if code:
        assert "is a symbolic link, which is not followed" in err


@pytest.mark.parametrize("linked", [of_a_file, of_a_folder])
def test_a_transcript_that_is_a_link_is_not_followed(
    linked: Callable[[Path], None], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    linked(run)

    assert main(["show", CELL, "--pcap", "it.pcap"]) == 3

    assert left_behind() == []
    assert "is a symbolic link, which is not followed" in capsys.readouterr().err


def test_what_is_not_followed_is_said(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_a_file(run)
    main(["show", CELL, "--json"])
    damaged = json.loads(capsys.readouterr().out)["damaged"]
    assert damaged == dict.fromkeys(("evidence.jsonl", "wire.jsonl"), "is a symbolic link, which is not followed")

    main(["bundle", "--output", "it.zip"])
    with zipfile.ZipFile("it.zip") as archive:
        packed = archive.read(f"run/cells/{CELL}/output.txt").decode()
    assert "left out" in packed
    assert "is a symbolic link, which is not followed" in packed


@pytest.mark.parametrize(("damage", "says"), [(b"", "is empty"), (b'{"event": "che', "ends in the middle of a line")])
def test_evidence_that_is_not_whole_is_shown_as_such(
    damage: bytes, says: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = run.joinpath("cells", *CELL.split("/"), "evidence.jsonl")
    file.write_bytes(damage and file.read_bytes() + damage)

    assert main(["show", CELL]) == 0
    assert f"evidence.jsonl {says}" in capsys.readouterr().out
    assert main(["bundle", "--output", "it.zip"]) == 0
    with zipfile.ZipFile("it.zip") as archive:
        assert archive.read(f"run/cells/{CELL}/evidence.jsonl").decode().startswith(f"[ib-compat: this file {says}]")


@pytest.mark.parametrize(
    "place", ["../../../canary", "cells/../../canary", "/etc/hostname", "C:\\x", "\\\\x\\y", "", "."]
)
def test_evidence_elsewhere_is_refused(place: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((run / "results.json").read_text("utf-8"))
    document["cells"][CELL]["artifacts"] = [place]
    (run / "results.json").write_text(json.dumps(document), "utf-8")

    for words in (("merge", RUN), ("page",), ("show", CELL), ("export", "--format", "badge")):
        assert main(words) == 3
        assert f"{place!r}: is not a path inside the run" in capsys.readouterr().err
    assert left_behind() == []


@pytest.mark.parametrize("place", ["programs/bot/../../../canary/output.txt", "/etc/hostname/output.txt", ""])
def test_what_a_program_left_elsewhere_is_refused(place: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((run / "results.json").read_text("utf-8"))
    document["programs"]["bot"]["cells"][PROGRAM]["artifacts"] = [place]
    (run / "results.json").write_text(json.dumps(document), "utf-8")

    for words in (("merge", RUN), ("page",), ("show", PROGRAM)):
        assert main(words) == 3
        assert f"{place!r}: is not a path inside the run" in capsys.readouterr().err


def test_a_cell_elsewhere_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (run / "results.json").read_text("utf-8").replace(CELL, "../../..")
    (run / "results.json").write_text(text, "utf-8")

    assert main(["show", "../../.."]) == 3
    assert "is not a path inside the run" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="the lock of a journal is another one there")
def test_a_lock_that_is_a_link_empties_nothing(run: Path) -> None:
    (run / "results.json").unlink()
    (run / "journal.jsonl").write_text("{}\n", "utf-8")
    link(run / ".journal.lock", Path("canary").absolute())

    assert main(["report"]) == 3

    assert Path("canary").read_text("utf-8") == f"{CANARY}\n"


def forged(run: Path) -> None:
    """Have the file call a cell a pass that has no checks."""
    document = json.loads((run / "results.json").read_text("utf-8"))
    document["cells"][CELL]["checks"] = []
    (run / "results.json").write_text(json.dumps(document), "utf-8")


@pytest.mark.parametrize(("words", "code"), [(COMMANDS[name], code) for name, code in NOT_BELIEVED.items()])
def test_no_command_believes_a_pass_without_checks(
    words: tuple[str, ...], code: int, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged(run)

    assert main(words) == code

    assert f"{CELL}: pass, but it has no check" in capsys.readouterr().err


def test_no_regression_is_found_against_a_forged_baseline(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "baseline.json").write_bytes((run / "results.json").read_bytes())
    forged(run)

    assert main(["compare", str(run / "baseline.json"), RUN]) == 3
    assert main(["compare", str(run / "results.json"), str(run / "baseline.json")]) == 3
    assert capsys.readouterr().out == ""
