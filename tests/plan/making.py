"""Plans for tests of how they are split: four rows against the gateways that a test names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.rows import Row
from harness.plan.plan_model import Plan, PlannedCell, cell_id

ROWS = [
    Row(
        adapter="ib_async",
        name="ib_async",
        distribution="ib_async",
        version=version,
        python="3.11",
        requirements=(f"ib_async=={version}",),
    )
    for version in ("1.0.3", "2.0.1", "2.1.0", "3.0.0")
]
SIMULATED = GatewaySpec(
    name="gateway-10.45-paper",
    product="gateway",
    version="10.45",
    mode="paper",
    kind="simulator",
    host="127.0.0.1",
    port=0,
    profile="gateway-10.45",
    client_ids=(7300, 7399),
    concurrency=1,
    account=None,
)
OTHER = replace(SIMULATED, name="gateway-10.37-paper", version="10.37", profile="gateway-10.37")
REAL = replace(SIMULATED, name="tws-10.37-live", kind="address", profile=None, port=7496)
LOGINS = [replace(SIMULATED, name=f"gateway-10.{n}-paper", kind="docker", credential="DEMO") for n in (30, 46)]


def planned(*gateways: GatewaySpec, skip: frozenset[int] = frozenset()) -> Plan:
    pairs = [(row, gateway) for row in ROWS for gateway in gateways]
    cells = tuple(
        PlannedCell(
            id=cell_id(row, gateway),
            row=row,
            gateway=gateway,
            client_id=7300 + number,
            second_client_id=7400 + number,
            checks=("install",),
            connect_timeout=4.0,
            request_timeout=5.0,
            deadline=20.0,
            skip="no interpreter" if number in skip else None,
        )
        for number, (row, gateway) in enumerate(pairs)
    )
    return Plan(matrix=Path("m.toml"), cells=cells)
