"""Handles sizes that may be fractions, which clients below server version 163 cannot read.

If the sizes of a contract may be fractions, as with currencies and crypto, a Gateway refuses quotes, ticks and bars to
such a client with 10285. Otherwise it trims them, and says so with 2176, which is a warning. Sources: users of older
clients (stoqey/ib#144, hadrianl/ibapi#43; logs of ibapi 9.81 with EUR.USD on IDEALPRO and with shares).
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.bars import Series
from harness.gateways.simulator.client import FRACTIONS_SINCE, Client
from harness.wire.message import Message

SINCE = FRACTIONS_SINCE
REFUSED, TRIMMED = 10285, 2176
REFUSED_TEXT = "Your API version does not support fractional size rules. Please upgrade to a minimum version 163."
TRIMMED_TEXT = (
    "Warning: Your API version does not support fractional share size rules. "
    "Please upgrade to a minimum version 163. Trimmed value {size} to {trimmed}"
)

_ASKED = frozenset({"req_historical_data", "req_market_data", "req_real_time_bars", "req_tick_by_tick"})
_KINDS = frozenset({"CASH", "CRYPTO"})


def refusal(request: Message, client: Client) -> Message | None:
    """Return the notice for a client that cannot read the sizes it asks for; ``None`` if it can."""
    if client.reads_fractions or request.name not in _ASKED:
        return None
    known = client.truth.contract_of(request.text("symbol"), request.number("con_id")) or {}
    kind = request.text("sec_type") or known.get("sec_type")
    return error(REFUSED, REFUSED_TEXT, request.number("req_id")) if kind in _KINDS else None


def warnings(series: Series, request: Message) -> Iterator[Message]:
    """Yield the warning that volumes are trimmed, if any are; it names the first."""
    whole = series.without_fractions()
    for told, kept in zip(series.bars, whole.bars, strict=True):
        size, trimmed = told.values["volume"], kept.values["volume"]
        if size != trimmed:
            yield error(TRIMMED, TRIMMED_TEXT.format(size=size, trimmed=trimmed), request.number("req_id"))
            return
