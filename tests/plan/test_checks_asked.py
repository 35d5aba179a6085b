"""Which checks a cell is asked, and why the others are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.checks.all import CHECKS, NAMES
from harness.known.scenarios import load
from harness.plan.build_plan import left_out, login_held
from harness.plan.matrix.gateway_spec import GatewaySpec
from tests.plan.making import SIMULATED as PAPER

ORDERS = {check.name for check in CHECKS if check.sends_order}
TRADES = {check.name for check in CHECKS if check.only_simulated}


def reasons(gateway: GatewaySpec = PAPER, listed: tuple[str, ...] = NAMES, **options: Any) -> dict[str, str]:
    return dict(left_out(gateway, listed, **{"orders": False, **options}))


def test_there_are_checks_that_send_orders() -> None:
    placed = {"bracket", "limit_order", "modify_order", "order_id_after_reconnect", "unsolicited_orders"}
    assert {"what_if_order", *placed, *TRADES} == ORDERS


def test_what_trades_is_left_out_of_every_gateway_but_a_simulated_one() -> None:
    assert {"bracket_filled", "fills"} == TRADES
    assert not TRADES & set(reasons(orders=True))
    without = reasons(replace(PAPER, kind="address"), orders=True)
    assert {without[name] for name in TRADES} == {"it trades, which only simulated gateways are asked for"}
    assert ORDERS & set(without) == TRADES


def test_orders_are_left_out_unless_asked_for() -> None:
    without = reasons()
    assert {without[name] for name in ORDERS} == {
        "it sends an order, and orders are sent only with --orders or orders = true"
    }
    assert not ORDERS & set(reasons(orders=True))


@pytest.mark.parametrize("kind", ["simulator", "address"])
def test_orders_are_left_out_of_a_live_gateway_whatever_was_asked_for(kind: str) -> None:
    without = reasons(replace(PAPER, mode="live", kind=kind), orders=True)
    assert set(without) >= ORDERS
    assert {without[name] for name in ORDERS - TRADES} == {"it sends an order, and gateway-10.45-paper is live"}


def test_what_needs_a_scenario_is_left_out_of_an_ordinary_gateway() -> None:
    belongs = {check.name: check.scenario for check in CHECKS if check.scenario}
    assert belongs
    for name, scenario in belongs.items():
        assert reasons()[name] == f"it needs a simulated gateway that plays the scenario {scenario}"


@pytest.mark.parametrize("scenario", load())
def test_a_scenario_asks_what_it_lists_and_what_is_always_asked(scenario: str) -> None:
    without = reasons(replace(PAPER, scenario=scenario), orders=True)
    always = {check.name for check in CHECKS if check.always}
    listed = load()[scenario].checks or set(NAMES) - set(reasons(orders=True))
    assert set(NAMES) - set(without) == {*listed, *always}


def test_a_fault_lists_no_checks_and_is_asked_what_any_gateway_is() -> None:
    assert load()["no-accounts"].checks == ()
    assert reasons(replace(PAPER, scenario="no-accounts")) == reasons()
    assert reasons(replace(PAPER, scenario="drops")) != reasons()


def test_what_the_file_does_not_list_is_left_out_with_that_reason() -> None:
    assert reasons(listed=("positions",))["executions"] == "the matrix file does not list it"


def test_every_scenario_names_checks_that_exist_and_every_check_of_a_scenario_is_named() -> None:
    for name, scenario in load().items():
        assert set(scenario.checks) <= set(NAMES)
        assert {check.name for check in CHECKS if check.scenario == name} <= set(scenario.checks)


@pytest.mark.parametrize(
    ("holder", "held"),
    [
        ({"kind": "address", "credential": "TWS"}, True),
        ({"kind": "address", "credential": "OTHER"}, False),
        ({"kind": "address", "credential": None}, False),
        ({"kind": "docker", "credential": "TWS"}, False),
    ],
)
def test_a_container_is_not_started_while_a_running_gateway_holds_its_login(
    holder: dict[str, Any],
    held: bool,  # noqa: FBT001
) -> None:
    """Two containers with one login run one after another."""
    wanted = replace(PAPER, name="gateway-10.50-paper", kind="docker", credential="TWS")
    running = replace(PAPER, port=4002, **holder)
    reason = login_held(wanted, [wanted, running])
    assert (reason or "").startswith("gateway-10.45-paper at 127.0.0.1:4002 holds the login TWS") is held
    assert login_held(running, [wanted, running]) is None
