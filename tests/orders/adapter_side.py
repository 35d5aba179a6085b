"""Runs inside a row's own environment: asks an adapter for orders behind everybody's back, and says what it raised.

Arguments: the repository, the adapter, the ports. Standard output gets, for each port, a JSON list of exception names.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any


class Deaf:
    """An observer that keeps nothing."""

    def stage_reached(self, stage: str, elapsed: float) -> None:
        del stage, elapsed

    def negotiated(self, server_version: int) -> None:
        del server_version

    def error_callback(self, callback: Any) -> None:
        del callback


def raised(call: Any) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return type(error).__name__
    return "nothing"


def main(repository: str, name: str, *ports: str) -> None:
    sys.path.insert(0, repository)
    adapter = importlib.import_module("adapters").load(name)
    alone = len(ports) == 1
    json.dump([asked_at(int(port), adapter) if alone else in_a_fork(int(port), adapter) for port in ports], sys.stdout)


def in_a_fork(port: int, adapter: Any) -> Any:
    """Ask in a process of its own: a library may keep what it had of its first connection."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, json.dumps(asked_at(port, adapter)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        answer = json.load(told)
    os.wait()
    return answer


def asked_at(port: int, adapter: Any) -> list[str]:
    base = importlib.import_module("adapters.base")
    orders = importlib.import_module("adapters.records_orders")
    adapter.renew()
    connection = adapter.connect(base.Endpoint("127.0.0.1", port, 7301), 5.0, Deaf())
    order = orders.WantedOrder(base.LIQUID_STOCK, connection.accounts[0], "BUY", 1, 1.0)
    order_id = connection.placing.new_order_id()
    told = [
        raised(lambda: connection.placing.what_if_order(order, 1.0)),
        raised(lambda: connection.placing.send_order(order_id, order)),
        raised(lambda: connection.placing.change_order(order_id, order, 1.0)),
        raised(lambda: connection.placing.cancel_order(order_id, 1.0)),
    ]
    connection.close(5.0)
    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
