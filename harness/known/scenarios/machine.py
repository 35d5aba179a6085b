"""What a simulated gateway plays of the machine that it runs on: the keys of ``machine`` in TOML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Machine(BaseModel):
    """Facts that a look at the machine would give, which a simulated gateway can only declare.

    What is not given is looked at. The keys, but for ``system``, are facts of ``harness.diagnose.gateway_facts``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    system: Literal["linux", "macos", "windows"] | None = None
    local: bool | None = None
    runs: bool | None = None
    listener: Literal["gateway", "tws", "forwarder", "ours", "other", "unknown", "none"] | None = None
    elsewhere: bool | None = None
    stuck: bool | None = None
    waiting: bool | None = None
    left_over: bool | None = None
    mute: bool | None = None
    reads_us: bool | None = None
    others: bool | None = None
    trusted: bool | None = None
    forwarded: bool | None = None

    @property
    def declared(self) -> Mapping[str, str | bool]:
        """The facts that were given."""
        given = (key for key in type(self).model_fields if key in self.model_fields_set and key != "system")
        return {key: getattr(self, key) for key in given}

    def under(self, other: Machine) -> Machine:
        """Return this with the keys that ``other`` sets laid over it."""
        return self.model_copy(update={key: getattr(other, key) for key in other.model_fields_set})


ANY_MACHINE = Machine()
