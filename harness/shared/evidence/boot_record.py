"""How a gateway was brought up that we bring up ourselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class BootRecord:
    """A container from its image to its first answer, or to what ended the wait.

    ``image`` is the reference that was asked for, ``digest`` what it stood for then (``None`` of an image that no
    registry knows), ``build`` the exact version of Gateway or TWS in it, ``ibc`` the version of IBC. ``reused`` says
    that it ran already. ``seconds`` maps each stage that was reached (``image``, ``container``, ``login``, ``hello``)
    to the time since opening began.

    ``failure`` is the code of what ended the wait, ``None`` where the gateway is up; ``line`` is the line of the log
    that told, without secrets; ``exit_code`` is the container's, where it ended by itself: where ``failure`` is
    ``None``, while its cells were asked.
    """

    image: str
    digest: str | None = None
    build: str | None = None
    ibc: str | None = None
    reused: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    failure: str | None = None
    line: str | None = None
    exit_code: int | None = None
