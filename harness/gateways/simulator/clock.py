"""How a Gateway writes times: in whose zone, and with or without its name.

Sources: recordings of Gateways at server versions 163 to 225 for executions and bars; for who decides, IBKR's release
notes of 10.18 and its description of the setting ``sendInstrumentTimezone``. Executions in UTC are recorded; bars in
UTC are documented only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from harness.known.scenarios import TimeZones

ZONES_SINCE = 174
"""Server version from which times name their zone. Before, they are by the clock of the login, and name none.

Recordings: executions and bars without a zone up to 173, with one from 176 on; the number is that of a gate in IBKR's
client.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What one client is told.

    Args:
        named: whether times name their zone.
        setting: whose zone that is.
        login: the zone in which the application is logged in; ``None``: this computer's.
    """

    named: bool
    setting: TimeZones
    login: str | None

    @classmethod
    def of(cls, server_version: int, setting: TimeZones, login: str | None) -> Clock:
        """Return that of a client with this server version."""
        return cls(named=server_version >= ZONES_SINCE, setting=setting, login=login)

    def text(self, when: dt.datetime, instrument: str) -> str:
        """Write a moment; ``instrument`` is the name of the zone of what it is about."""
        if not self.named:
            return f"{self._here(when):%Y%m%d  %H:%M:%S}"
        if self.setting is TimeZones.UTC:
            return f"{when.astimezone(dt.UTC):%Y%m%d-%H:%M:%S}"
        if self.setting is TimeZones.OPERATOR:
            return _with_name(when, self.login or "UTC")
        return _with_name(when, instrument)

    def _here(self, when: dt.datetime) -> dt.datetime:
        return when.astimezone(ZoneInfo(self.login) if self.login else None)


def _with_name(when: dt.datetime, zone: str) -> str:
    return f"{when.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M:%S} {zone}"
