"""What the checks of every library asked of a simulated gateway, asked of another: it answers as the first did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.verify.verifying import verify
from tests.checks.conftest import loop, workers  # noqa: F401 - fixtures
from tests.gateways.replay.test_every_row import RECORDED, Asking, asking  # noqa: F401 - a fixture
from tests.gateways.simulator.talk import run
from tests.recordings.making import of_transcripts
from tests.verify.sessions import with_gateway
from tests.worker.conftest import start  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("library", RECORDED)
def test_the_simulator_answers_a_row_as_it_did(asking: Asking, library: str) -> None:  # noqa: F811
    seen, transcript = asking.simulated(library)
    assert len(seen) > 20
    recording = with_gateway(of_transcripts([transcript]), product="gateway", build="10.45")
    manifest = recording.manifest.model_copy(update={"began": transcript.began})
    found = run(verify(replace(recording, manifest=manifest)))
    assert [(each.kind, each.message, each.field, each.request) for each in found.differences] == []
    assert found.total.equal > 100
