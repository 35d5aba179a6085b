"""What ezib-async brings: the account, the holdings, contracts, and an option's expirations."""

import asyncio
import os

from ezib_async import ezIBAsync


async def main() -> None:
    """Ask, and show it."""
    ib = ezIBAsync()
    host, port, client_id = (os.environ[f"IB_{name}"] for name in ("HOST", "PORT", "CLIENT_ID"))
    await ib.connectAsync(ibhost=host, ibport=int(port), ibclient=int(client_id))
    print("connected:", ib.connected)
    stock = await ib.createStockContract("AAPL")
    print(ib.contractString(stock))
    print("holds", *sorted(ib.positions[next(iter(ib.positions))]))
    await ib.requestMarketData(stock)
    await asyncio.sleep(2)
    ib.cancelMarketData(stock)
    ib.disconnect()
    print("is done")


asyncio.run(main())
