// What @stoqey/ib brings: the holdings, a contract, and an hour of its bars.
import { BarSizeSetting, IBApiNext, SecType, WhatToShow } from "@stoqey/ib";
import { firstValueFrom } from "rxjs";

const { IB_HOST: host, IB_PORT: port, IB_CLIENT_ID: clientId } = process.env;
const ib = new IBApiNext({ host, port: Number(port) });
ib.error.subscribe((error) => console.log(`${error.code}: ${error.error.message}`));
ib.connect(Number(clientId));
const { all } = await firstValueFrom(ib.getPositions());
for (const [account, positions] of all) {
  for (const { contract, pos } of positions) console.log(account, contract.localSymbol ?? contract.symbol, pos);
}
const stock = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };
const [{ longName }] = await ib.getContractDetails(stock);
const bars = await ib.getHistoricalData(stock, "", "3600 S", BarSizeSetting.MINUTES_FIVE, WhatToShow.TRADES, 1, 1);
console.log(`${longName}: ${bars.length} bars`);
ib.disconnect();
console.log("is done");
