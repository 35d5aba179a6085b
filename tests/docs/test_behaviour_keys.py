"""The keys of ``behaviour`` that the reference lists are those that there are."""

from __future__ import annotations

import re
from pathlib import Path

from harness.known.scenarios import Behaviour, Door, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "matrix.md").read_text("utf-8")
TABLE = PAGE.partition("Keys of `behaviour`")[2].partition('`kind = "address"`')[0]


def test_the_reference_lists_every_key_and_every_door() -> None:
    keys = re.findall(r"^\| `(\w+)` \|", TABLE, re.MULTILINE)
    assert keys == list(Behaviour.model_fields)
    (doors,) = re.findall(r"^\| `door` \| (.*?) \|", TABLE, re.MULTILINE)
    assert re.findall(r"`([\w-]+)`", doors) == [door.value for door in Door]


def test_every_door_and_every_key_is_played_by_a_scenario() -> None:
    behaviours = [scenario.behaviour for scenario in load().values()]
    assert {behaviour.door for behaviour in behaviours} == set(Door)
    assert {key for behaviour in behaviours for key in behaviour.given} == set(Behaviour.model_fields)
