"""The white branding id is read where library and gateway know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


GIVES_NOTHING = ("ib_async", "ib_insync")
"""They end the request and drop what came with it: ``userInfo`` of their wrapper keeps no result."""


@pytest.mark.parametrize("gateway", VERSIONS)
def test_what_each_library_makes_of_it(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("user_info", row, gateway, scenario="white-label")
    if row.library in {"ib_insync==0.9.70", "ibapi==9.81.1.post1"}:
        assert record.status is Status.UNSUPPORTED
        assert "the library has no reqUserInfo" in str(record.reason)
    elif row.distribution in GIVES_NOTHING:
        assert record.status is Status.DEGRADED
        assert record.reason == "not the truth: white_branding_id: expected 'WB7', got ''"
    else:
        assert (record.status, record.reason) == (Status.PASS, None)
