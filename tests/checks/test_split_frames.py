"""Whatever the pieces, the answer is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.known.scenarios import find
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("check", find("split-frames").checks)
def test_every_library_reads_answers_that_come_byte_by_byte(ask: Ask, row: LibraryRow, check: str) -> None:
    assert ask(check, row, scenario="split-frames").status is Status.PASS
