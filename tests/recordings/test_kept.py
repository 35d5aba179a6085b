"""What is checked of every recording in `recordings/`, wherever it comes from, before it is kept there."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from harness.recordings.archive import RecordingFile, read_recording
from harness.recordings.cleaning.cleaner import Cleaner
from tests.recordings.simulated import FOLDER, PROFILES

KEPT = sorted(FOLDER.glob("*.ibrec"))
MOST_BYTES = 256 * 2**10


def test_there_are_those_of_the_simulator() -> None:
    assert {f"{profile}.ibrec" for profile in PROFILES} <= {file.name for file in KEPT}


@pytest.mark.parametrize("file", KEPT, ids=[file.name for file in KEPT])
def test_it_is_small_whole_cleaned_and_named_in_the_list(file: Path) -> None:
    assert file.stat().st_size <= MOST_BYTES
    with RecordingFile(file) as opened:
        assert opened.manifest.cleaned
        assert sum(1 for _ in opened.entries())
    assert f"`{file.name}`" in (FOLDER / "README.md").read_text("utf-8")


@pytest.mark.parametrize("file", KEPT, ids=[file.name for file in KEPT])
def test_cleaning_it_again_changes_nothing(file: Path) -> None:
    """So no account, name, address or id is in it that a cleaner knows, whoever says that it was cleaned."""
    cleaner = Cleaner(factor=Fraction(1))
    for entry in read_recording(file).entries:
        assert cleaner.clean(entry) == entry
