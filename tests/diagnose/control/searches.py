"""Searches of the control, at listeners that do as they are told."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from harness.diagnose.control import search as tries
from harness.diagnose.control.search import CAREFUL, Manner, Patience, search
from harness.shared.evidence import Ended, Search
from tests.diagnose.control.hearing import Hearing, hearing
from tests.diagnose.control.listeners import Behaviour as Behaves
from tests.diagnose.control.listeners import listening
from tests.gateways.simulator.talk import run

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = 7399
PATIENCE = Patience(plain=0.31, again=0.32, more=0.33, step=0.34)
"""Short, and each wait another one."""

LONG = Patience(plain=10.0, again=10.0, more=10.0, step=10.0)
"""For gateways that keep nobody waiting."""

UNHEARD = [tries.PLAIN, tries.TEXT, tries.LONGER]
"""What is tried with a gateway that says nothing to the hello."""

TURNED_AWAY = [tries.PLAIN, tries.AGAIN, tries.TEXT]
MORE = Manner(more=True)


def found(port: int, host: str = "127.0.0.1", patience: Patience = LONG, manner: Manner = CAREFUL) -> Any:
    return search(host, port, client_id=FIRST, patience=patience, manner=manner)


def searched(behaviour: Behaves, patience: Patience = LONG, manner: Manner = CAREFUL) -> Search:
    """What a search finds; it must have left every connection."""

    async def scenario() -> Search:
        async with listening(behaviour) as listener:
            result = await found(listener.port, patience=patience, manner=manner)
            await listener.idle.wait()
            assert isinstance(result, Search)
            return result

    return run(scenario())


def heard_by(gateway: Hearing, patience: Patience = LONG, host: str = "127.0.0.1", manner: Manner = CAREFUL) -> Search:
    async def scenario() -> Search:
        async with hearing(gateway) as listener:
            result = await found(listener.port, host, patience, manner)
            assert isinstance(result, Search)
            return result

    return run(scenario())


def tried(result: Search) -> list[str]:
    return [each.when for each in result.attempts]


def where(result: Search) -> list[str]:
    return [each.address[0] for each in result.attempts if each.address]


@contextmanager
def localhost(*hosts: str) -> Iterator[None]:
    """Resolve ``localhost`` to these, and every other host to itself."""

    async def addresses(host: str, port: int) -> list[tuple[str, int]]:
        return [(each, port) for each in (hosts if host == "localhost" else (host,))]

    with mock.patch.object(importlib.import_module("harness.diagnose.control.attempt"), "addresses_of", addresses):
        yield


def unanswered(result: Search) -> int:
    """How many connections were left without an answer: each has an end of its own."""
    return len({each.source for each in result.attempts if each.ended is Ended.SILENT})
