"""Verifies that the simulator answers as a recorded gateway did."""

from __future__ import annotations

from harness.recordings.exchange import Dialogue, Fate
from harness.recordings.exchanges import dialogues_of
from harness.recordings.recording import Recording
from harness.verify.asking import ask
from harness.verify.comparing import Comparison
from harness.verify.outcome import Verified
from harness.verify.simulation import Simulation, simulation_of


async def verify(recording: Recording, simulation: Simulation | None = None) -> Verified:
    """Ask a simulated gateway what was asked in a recording, and compare the answers.

    Args:
        recording: what a gateway and its clients said.
        simulation: the simulated gateway; by default that of the recorded version, with a market that stands still.

    Raises:
        GatewayError: no port is free for it.
    """
    dialogues = dialogues_of(recording)
    simulation = simulation or simulation_of(recording, dialogues)
    asked = await ask(recording, dialogues, simulation)
    answers = {each.connection: each for each in dialogues_of(asked.recording)}
    comparison = Comparison(asked.accounts)
    for dialogue in dialogues:
        silent = Dialogue(connection=dialogue.connection, library="", at=dialogue.at, hello=dialogue.hello)
        comparison.connection(dialogue, answers.get(dialogue.connection, silent))
    return Verified(
        simulation=simulation,
        connections=len(dialogues),
        requests=sum(len(each.exchanges) for each in dialogues),
        unasked=asked.unasked,
        omitted=sum(each.omitted for each in dialogues),
        cut=sum(one.fate is Fate.CUT for each in dialogues for one in each.exchanges),
        counts=comparison.counts,
        differences=comparison.differences,
    )
