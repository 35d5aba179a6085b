"""The day on which a gateway stops working is read from its notice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.truth import load
from harness.shared.desupport_text import Desupport, read
from harness.shared.status import Status
from harness.wire.message import Value

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


GATEWAYS = {"gateway-10.30": None, "gateway-10.37": "2026-12-15", "gateway-10.45": "2026-12-15", "gateway-10.50": None}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_library_passes_it_on(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("desupport_notice", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)
    assert record.detail["date"] == GATEWAYS[gateway]


def test_a_notice_in_new_words_is_a_failure_that_quotes_them(ask: Ask, some_row: LibraryRow) -> None:
    notice: dict[str, Value] = {"code": 2172, "text": "Please upgrade soon."}
    record = ask("desupport_notice", some_row, told=replace(load("paper"), notices=(notice,)))
    assert (record.status, record.reason) == (Status.FAIL, "notice 2172 has an unknown wording: Please upgrade soon.")


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        (Desupport("1037.1", "2026-12-15", "1050.1").text, Desupport("1037.1", "2026-12-15", "1050.1")),
        ("The version of the application you are running, 10.19, is old.", None),
        ("", None),
    ],
)
def test_the_words_are_read(text: str, notice: Desupport | None) -> None:
    assert read(text) == notice
