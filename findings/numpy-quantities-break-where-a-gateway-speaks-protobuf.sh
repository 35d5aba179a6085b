#!/usr/bin/env bash
# ibapi 10.51.1 (PyPI: ibapi-latest): an order whose quantity comes from NumPy is sent to a Gateway that speaks text, and raises TypeError in
# placeOrder with one that speaks protobuf (server version 203 and newer, as Gateways from 10.37 on do). So a program that has traded for
# years stops on the day on which the Gateway is upgraded, with the same client and the same order:
#
#   server version 202: sent
#   server version 203: TypeError: conversion from numpy.int64 to Decimal is not supported
#
# An array of any integers gives such numbers, as a column of pandas does. numpy.float64 is sent with both, because it is a float of Python;
# int64 is no int. `int(quantity)` is right with both.
#
# Seen on 2026-11-30, Python 3.11. Needs python3 with venv, and an index.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/python"
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check 'ibapi-latest==10.51.1' 'protobuf>=5.29.5' 'numpy==2.2.6'

cat > "$work/order.py" <<'PYTHON'
import numpy
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper


class Line:
    """Stands in for the connection, and counts what is sent."""

    sent = 0

    def isConnected(self):
        return True

    def sendMsg(self, message):
        self.sent += 1
        return len(message)


def placed(version, quantity):
    client, contract, order = EClient(EWrapper()), Contract(), Order()
    client.conn, client.serverVersion_ = Line(), version
    client.setConnState(EClient.CONNECTED)
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    order.action, order.orderType, order.totalQuantity, order.lmtPrice = "BUY", "LMT", quantity, 100.0
    try:
        client.placeOrder(1, contract, order)
    except TypeError as problem:
        return f"TypeError: {problem}"
    return "sent" if client.conn.sent else "not sent"


found = {(version, type(each).__name__): placed(version, each) for version in (202, 203) for each in (numpy.int64(10), numpy.float64(10), 10)}
for (version, kind), outcome in found.items():
    print(f"server version {version}, {kind}: {outcome}")
assert found.pop((203, "int64")) == "TypeError: conversion from numpy.int64 to Decimal is not supported", "changed"
assert set(found.values()) == {"sent"}, "changed"
PYTHON

"$work/python/bin/python" "$work/order.py" || { echo "changed, or ibapi has another form"; exit 1; }
echo "as seen: a quantity of NumPy is sent as text and not as protobuf"
