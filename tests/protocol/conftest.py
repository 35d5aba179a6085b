"""The rows that the catalogue is held against."""

from __future__ import annotations

import pytest

from tests.protocol.against import ROWS
from tests.rows import need_row


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> str:
    """Name a row whose environment was built."""
    return need_row(request.param).library
