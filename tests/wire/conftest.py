"""The rows that the catalogue is held against."""

from __future__ import annotations

import pytest

from tests.rows import need_row, parameters
from tests.wire.against import ROWS


@pytest.fixture(params=parameters(ROWS))
def row(request: pytest.FixtureRequest) -> str:
    """Name a row whose environment was built."""
    return need_row(request.param).library
