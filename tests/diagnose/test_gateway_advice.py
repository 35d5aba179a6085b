"""How a verdict on a gateway is worded: names, numbers, and advice for this product and system."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.diagnose.host import Kind
from tests.diagnose.control_findings import CLOSED, GARBAGE, SILENT, verdict
from tests.diagnose.seen import end, listener, view


def test_advice_is_for_the_product_and_the_system() -> None:
    told = {
        (product, system): " ".join(verdict(SILENT, view(), product=product, system=system).next)
        for product in ("gateway", "tws", None)
        for system in ("linux", "macos", "windows")
    }
    for (product, system), advice in told.items():
        assert ("ActiveX" in advice) == (product != "gateway")
        assert ("Configure > Settings" in advice) == (product != "tws")
        assert ("`ss " in advice) == (system == "linux")
        assert ("findstr" in advice) == (system == "windows")


def test_the_system_is_that_of_the_machine_that_was_looked_at() -> None:
    assert any("findstr" in step for step in verdict(SILENT, view(system="windows")).next)
    assert any("findstr" in step for step in verdict(SILENT, view(), system="windows").next)


@pytest.mark.parametrize(
    ("product", "title"),
    [("gateway", "the Gateway behind"), ("tws", "TWS behind"), (None, "the Gateway or TWS behind")],
)
def test_a_verdict_calls_the_product_by_its_name(product: str | None, title: str) -> None:
    assert title in verdict(CLOSED, view(listener(Kind.FORWARDER)), product=product).title


def test_the_evidence_is_told_in_numbers() -> None:
    connections = tuple(end("CLOSE_WAIT", unread=19, accepted=number < 2) for number in range(3))
    told = verdict(SILENT, view(connections=connections))
    where, bytes_came, last = told.because
    assert where.endswith(": it went no further")
    assert re.findall(r"\d+", bytes_came) == ["3"], "attempts"
    hung_up, never, unread = last.split(", ", 3)[-3:]
    assert hung_up == "whose clients have hung up"
    assert (never, unread) == ("1 of them never accepted", "57 bytes of theirs unread")


@pytest.mark.parametrize("speaks", ["tls", "http"])
def test_advice_for_some_facts_only_is_given_with_these_only(speaks: str) -> None:
    told = verdict(replace(GARBAGE, speaks=speaks))
    assert any("TLS proxy" in step for step in told.next) == (speaks == "tls")


def test_a_simulated_gateway_is_called_one() -> None:
    told = verdict(SILENT, view(listener(Kind.OURS), connections=(end("CLOSE_WAIT", unread=19),)), product="gateway")
    assert (told.code, "simulated" in told.says) == ("never-read", True)
