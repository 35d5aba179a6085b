"""What ib-data-sdk brings: a day of bars, as its documents show it."""

from ib_data_sdk import HistoricalDataRequest, IBDataClient
from ib_data_sdk.enums import BarSize, DataType, Duration

client = IBDataClient()
request = HistoricalDataRequest(
    symbol="AAPL", duration=Duration.DAY_1, bar_size=BarSize.MIN_5, data_type=DataType.TRADES
)
bars = client.get_historical_data_as_dataframe(request)
client.disconnect_from_ib()
print(len(bars), "bars:", *bars.columns)
print("is done")
