"""The time in milliseconds is read from server version 197 on, and predicted unsupported before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


OFFERED = {"nautilus-ibapi==10.37.2", "nautilus-ibapi==10.45.1", "ibapi-latest==10.51.1"}


@pytest.mark.slow
@pytest.mark.parametrize("gateway", VERSIONS)
def test_what_each_library_makes_of_it(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("current_time_in_millis", row, gateway)
    if gateway in {"gateway-10.19", "gateway-10.30"} or row.library not in OFFERED:
        assert record.status is Status.UNSUPPORTED
        assert any(said in str(record.reason) for said in ("needs server version 197", "the library has no"))
    else:
        assert (record.status, record.reason) == (Status.PASS, None)
