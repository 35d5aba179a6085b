"""Account numbers in what a program writes and asks: masked in what is shared, whole in its owner's evidence."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from harness.cli import main
from harness.shared.errors import ExitCode
from tests.cli.test_program_rows import latest, write
from tests.run.programs.bots import BOTS, needs_networks

ACCOUNT, MASKED = "DU9000001", "DU9***01"

BOT = f"""
gateway = Gateway()
gateway.positions()
if gateway.version > 176:
    print("{ACCOUNT} is too much")
    gateway.ask(6, 2, 1, "{ACCOUNT}", end="54")
else:
    gateway.ask(6, 2, 1, "", end="54")
"""


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run a program that names an account with the newer gateway only; return the folder."""
    needs_networks()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(BOTS, "names_its_account", BOT)
    write("names_its_account")
    assert main(["run", "--matrix", "m.toml", "--no-board"]) == ExitCode.INCOMPATIBLE
    return tmp_path / "results" / latest().run.id


def test_they_are_masked_in_what_is_shared_and_in_evidence_they_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_folder = run(tmp_path, monkeypatch)
    cells = latest().programs["names_its_account"].cells
    differing = cells["names_its_account/gateway-10.30-paper"]
    assert {each.kind for each in differing.differences if MASKED in each.after} == {
        *("what a request says", "what it wrote")
    }
    assert MASKED in differing.output
    page = capsys.readouterr()
    assert MASKED in page.out
    assert ACCOUNT not in page.out + page.err
    for shared in ("results.json", "grid.md", "index.html"):
        text = (run_folder / shared).read_text("utf-8")
        assert ACCOUNT not in text, shared
        assert "DU9" in text, f"{shared} tells of it"

    output, asked = (run_folder / file for file in differing.artifacts)
    assert ACCOUNT in output.read_text("utf-8")
    assert ACCOUNT in asked.read_text("utf-8")
    if sys.platform != "win32":
        programs = run_folder / "programs"
        modes = {stat.S_IMODE(each.stat().st_mode) for each in (programs, *programs.rglob("*"))}
        assert modes == {0o600, 0o700}, "evidence is its owner's alone"
