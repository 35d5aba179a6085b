#!/usr/bin/env bash
# ib_async 2.1.0 and ib_insync 0.9.86: the time that the gateway sends with each trade and quote of a tick-by-tick subscription is
# dropped. `TickByTickAllLast.time` and `TickByTickBidAsk.time` hold the moment at which the client read its socket, by the client's
# own clock, in place of it. The field is named like the wire's, in whole seconds there, and nothing says that it is another.
#
#   ib_async 2.1.0: the gateway said 2001-09-09 01:46:40+00:00, the tick says 2026-…
#
# So what arrives late looks fresh: after a hiccup of the network, all ticks of the backlog have one time. Whoever needs the gateway's
# time must read the field before the library does, by a wrapper of their own.
#
# Seen on 2026-11-29, Python 3.11. Needs python3 with venv, and an index.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/python"
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check 'ib_async==2.1.0' 'ib_insync==0.9.86'

cat > "$work/ask.py" <<'PYTHON'
import asyncio
import datetime as dt
import importlib
import sys

asyncio.set_event_loop(asyncio.new_event_loop())
library = importlib.import_module(sys.argv[1])
SENT = 1_000_000_000

ib = library.IB()
contract = library.Stock("AAPL", "SMART", "USD")
contract.conId = 265598
ib.wrapper.startTicker(7, contract, "AllLast")
ib.wrapper.tcpDataArrived()  # as for each piece of data that the socket gives
attributes = library.TickAttribLast()
ib.wrapper.tickByTickAllLast(7, 1, SENT, 150.0, 100, attributes, "NASDAQ", "")
tick = ib.ticker(contract).tickByTicks[0]
sent = dt.datetime.fromtimestamp(SENT, dt.timezone.utc)
print(f"{sys.argv[1]} {library.__version__}: the gateway said {sent}, the tick says {tick.time}")
assert abs(tick.time - dt.datetime.now(dt.timezone.utc)) < dt.timedelta(minutes=1), "changed: it is no longer the client's clock"
PYTHON

for library in ib_async ib_insync; do
    "$work/python/bin/python" "$work/ask.py" "$library" || { echo "changed: $library"; exit 1; }
done
echo "as seen: both drop the gateway's time"
