"""Every message of the catalogue is held against the real libraries, in one family or another."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from harness.wire.catalogue import catalogue
from harness.wire.message import Sender
from tests.wire.against import Family

FAMILIES: list[Family] = [
    import_module(f"tests.wire.{file.stem}").FAMILY
    for file in sorted(Path(__file__).parent.glob("test_*against_libraries.py"))
]


def names(sender: Sender) -> set[str]:
    return {kind.name for kind in catalogue().by_name.values() if kind.sender is sender}


def test_every_message_of_a_gateway_is_tried() -> None:
    assert names(Sender.GATEWAY) == {kind.name for family in FAMILIES for kind in family.kinds}


def test_every_request_is_tried() -> None:
    assert names(Sender.CLIENT) == {name for family in FAMILIES for _, name, _ in family.requests.values()}
