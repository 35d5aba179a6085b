"""A program connects to a Gateway that never ends its list of executions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect with a timeout of three seconds, as it is and with raiseSyncErrors."""
    for number, options in enumerate(({}, {"raiseSyncErrors": True}), start=1):
        ib = stage.library.IB()
        said = "".join(f" with {name}" for name in options)
        stage.calls(
            f"ib.connect(){said}",
            lambda: ib.connect(stage.gateway.host, stage.gateway.port, clientId=number, timeout=3, **options),
            quiet=True,
        )
        stage.says(f"ib.isConnected() after ib.connect(){said}", ib.isConnected())


SITUATION = Situation(about=About.CONNECTION, play=play, gateway={"scenario": "no-executions-end"})
