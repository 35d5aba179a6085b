"""The words of real cases, for the texts of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.diagnose import cell_verdict
from harness.diagnose.control import search as tries
from harness.diagnose.host import Kind
from harness.diagnose.rule_words import Names, boot_words, words_of
from harness.shared.evidence import BootRecord, Ended, Request, WireFacts
from tests.diagnose.cells import red
from tests.diagnose.seen import (
    AT_THE_START,
    CLIENT_ID,
    ELSEWHERE,
    HERE,
    PORT,
    alike,
    bare,
    end,
    found,
    listener,
    passed,
    stopped,
    trusting,
    view,
)

FAILED = BootRecord(image="x/y:1", failure="container-exited", line="bye", exit_code=1)


def words(table: str) -> list[Mapping[str, str]]:
    """The words of several cases that have little in common."""
    return list(_of_gateways() if table == "gateway" else _of_cells())


def _of_gateways() -> Iterator[Mapping[str, str]]:
    names = Names(host=HERE, port=PORT, product=None, client_id=CLIENT_ID)
    full = view(
        listener(),
        listener(Kind.FORWARDER, 4004),
        connections=(end("CLOSE_WAIT", unread=19, accepted=False),),
        settings=(trusting("10.0.0.1"),),
    )
    healthy = found(passed(), passed(tries.TOGETHER), speaks=tries.API)
    refused = found(stopped("tcp", Ended.REFUSED, seconds={}))
    dead = alike(stopped("ready", Ended.CLOSED), *AT_THE_START, speaks=tries.API)
    for product in (None, "gateway", "tws"):
        for search in (healthy, refused, dead):
            for seen in (None, ELSEWHERE, bare(), full):
                words = words_of(replace(names, product=product), search, seen, {}, probe=None)
                for boot in (None, FAILED):
                    yield {**words, **boot_words(boot, None)}


def _of_cells() -> Iterator[Mapping[str, str]]:
    for wire in (
        None,
        WireFacts(),
        WireFacts(requests=(Request(name="req_positions", at=0.0), Request(name="req_positions", at=0.0, after=0.2))),
    ):
        yield cell_verdict._words(red(wire=wire))
