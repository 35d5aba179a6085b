"""A small program, such as a user's own: what it holds, and what that is worth."""

from __future__ import annotations

import os

from ib_async import IB

ib = IB()
ib.connect(os.environ["IB_HOST"], int(os.environ["IB_PORT"]), clientId=int(os.environ["IB_CLIENT_ID"]))
for position in ib.positions():
    (contract,) = ib.qualifyContracts(position.contract)
    print(f"{contract.localSymbol}: {position.position:g} at {contract.primaryExchange or contract.exchange}")
for value in ib.accountSummary():
    if value.tag == "NetLiquidation":
        print(f"worth {value.currency}")
ib.disconnect()
print("is done")
