"""Healthy means that a client can start: what libraries read when they connect is asked, or said not to be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from harness.diagnose.control.search import Patience
from harness.diagnose.gateway_case import facts_of
from harness.doctor.examine import Examination, examine
from harness.doctor.subject import at_address
from harness.doctor.subjects import Asked
from harness.known.scenarios import Behaviour
from harness.shared.status import Fault
from harness.views.terminal.doctor_page import document
from tests.doctor.looking import look_at, playing
from tests.virtual import run_virtually

SHORT = Patience(asks=1.5)


def look(*, mode: str = "paper", allow_live: bool = False, **played: Any) -> Examination:
    """Examine a gateway of which nothing but the address is known, as a real one."""

    async def looked() -> Examination:
        async with playing(mode=mode, behaviour=Behaviour(**played)) as gateway:
            return await examine(
                replace(at_address(f"127.0.0.1:{gateway.port}"), allow_live=allow_live), patience=SHORT
            )

    return asyncio.run(looked())


def test_a_live_account_is_not_read_and_that_is_said() -> None:
    """It would end the connection if it were asked."""
    seen = look(mode="live", closes_on="req_positions")

    assert (seen.verdict.code, seen.verdict.sure, seen.verdict.usable) == ("healthy", "likely", True)
    assert seen.case.found.plain.asked == ()
    assert seen.case.found.plain.unasked is not None
    assert seen.case.found.plain.unasked in seen.verdict.says


def test_a_live_account_is_read_where_that_was_allowed() -> None:
    assert look(mode="live", allow_live=True).verdict.sure == "certain"
    assert look(mode="live", allow_live=True, closes_on="req_positions").verdict.code == "ends-when-asked"


@pytest.mark.parametrize("accounts", ["DU9000001,U9000002", "DUBAI-LIVE-1"])
def test_what_is_not_surely_paper_counts_as_live(accounts: str) -> None:
    assert look(account_list=accounts, closes_on="req_positions").verdict.sure == "likely"


def test_a_live_gateway_says_itself_that_it_is_read_only_without_being_read() -> None:
    seen = look(mode="live", read_only=True)

    assert (seen.verdict.code, seen.verdict.fault, seen.verdict.sure) == ("read-only-api", Fault.SETTINGS, "certain")


def test_what_the_gateway_says_of_its_settings_counts_more_than_a_file() -> None:
    """A jts.ini on this machine may be another installation's."""
    case = look(trusted_ips=("10.0.0.7",)).case

    assert facts_of(case).trusted is False
    assert facts_of(look(trusted_ips=("127.0.0.1",)).case).trusted is True


@pytest.mark.slow
def test_settings_and_answers_are_in_the_data_of_the_page() -> None:
    told = document(look(master_client_id=7399, never_sent=("position_end",)))

    assert told["api_settings"]["master_client_id"] == 7399
    assert told["asked"]["positions"] == "unanswered"
    assert told["asked"]["executions"] == "answered"
    assert document(look(mode="live"))["unasked"]


@pytest.mark.parametrize(
    ("master", "told"), [(17, "your-client-is-master"), (7398, "doctor-is-master"), (7000, "master-client")]
)
def test_a_master_client_is_a_note_and_no_fault(master: int, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IB_CLIENT_ID", "17")
    seen = run_virtually(look_at(Asked(scenario="own-settings", behaviour=Behaviour(master_client_id=master))))

    assert [each["code"] for each in document(seen)["notes"]] == [told]
    assert (seen.verdict.code, seen.verdict.fault) == ("healthy", None)


@pytest.mark.slow
def test_advice_names_what_ib_async_need_not_ask() -> None:
    """It always asks for positions."""
    orders = look(never_sent=("open_orders_end", "completed_orders_end")).verdict
    positions = look(never_sent=("position_end",)).verdict

    assert any("~StartupFetch.ORDERS_OPEN & ~StartupFetch.ORDERS_COMPLETE" in step for step in orders.next)
    assert not any("StartupFetch" in step for step in positions.next)
