"""Words in other scripts come through letter for letter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.truth import load
from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


LEAVES_ESCAPES = ("ib_async", "ib_insync")
"""From server version 153 on the text of errors is escaped; their decoder undoes that in contract details only."""


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_reads_them(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("non_ascii", row, gateway, scenario="non-ascii")
    if row.distribution in LEAVES_ESCAPES:
        assert record.status is Status.DEGRADED
        assert "größe" in str(record.reason)
        assert "gr\\\\xf6\\\\xdfe" in str(record.reason) or "\\\\u00f6" in str(record.reason)
    else:
        assert (record.status, record.reason) == (Status.PASS, None)


def test_a_letter_that_is_lost_is_named(ask: Ask, some_row: LibraryRow) -> None:
    truth = load("paper", "non-ascii")
    first, *others = truth.notices
    told = replace(truth, notices=({**first, "text": "groesse"}, *others))
    record = ask("non_ascii", some_row, scenario="non-ascii", told=told)
    assert record.status is Status.DEGRADED
    assert "groesse" in str(record.reason)
