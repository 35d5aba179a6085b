"""From which version on gateways write the zone of a time beside it.

Who compares a library's answers needs this number, and nothing of the simulator that writes such times.
"""

from __future__ import annotations

ZONES_SINCE = 174
"""Server version from which times name their zone. Before, they are by the clock of the login, and name none.

Recordings: executions and bars without a zone up to 173, with one from 176 on; the number is that of a gate in IBKR's
client.
"""
