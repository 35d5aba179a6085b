"""Notices come in other scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Hear errors with letters that are not ASCII."""
    ib = stage.library.IB()
    stage.hears("ib.errorEvent", ib.errorEvent, lambda _id, code, text, *_: f"{code} {text}")
    ib.connect(stage.gateway.host, stage.gateway.port, clientId=1, timeout=20)
    stage.settle(ib)
    stage.says("ib.isConnected()", ib.isConnected())


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"scenario": "non-ascii"})
