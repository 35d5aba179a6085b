"""The recordings that come with the tests: they can be made anew, and hold what the simulator says today."""

from __future__ import annotations

import pytest

from harness.recordings.archive import read_recording
from harness.recordings.entry_lines import to_line
from harness.verify.verifying import verify
from tests.gateways.simulator.talk import run
from tests.recordings.simulated import PROFILES, file_of, made


@pytest.mark.parametrize("profile", PROFILES)
def test_a_recording_is_what_it_would_be_if_it_were_made_today(profile: str) -> None:
    """``python -m tests.recordings.simulated`` makes them anew, if the simulator has learned to say something else."""
    assert [to_line(entry) for entry in made(profile)] == [
        to_line(entry) for entry in read_recording(file_of(profile)).entries
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_simulator_answers_as_it_was_recorded(profile: str) -> None:
    found = run(verify(read_recording(file_of(profile))))
    assert found.differences == ()
    assert (found.simulation.profile.name, found.total.equal > 120) == (profile, True)
