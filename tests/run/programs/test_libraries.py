"""A program is tried with two versions of its library."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.commands import environment, ib_compat
from tests.rows import VARIABLE, need_row
from tests.run.programs.bots import needs_networks

pytestmark = pytest.mark.slow

BOT = """
from ib_async import IB, Stock
ib = IB()
ib.connect("127.0.0.1", 4002, clientId=7)
print("found", ib.qualifyContracts(Stock("NOSUCH", "SMART", "USD")))
ib.disconnect()
"""


def test_what_another_version_gives_to_the_program_is_found(tmp_path: Path) -> None:
    """ib_async 2.1.0 puts None in the list for a contract that does not exist, and 1.0.3 leaves it out."""
    need_row("ib_async==1.0.3")
    need_row("ib_async==2.1.0")
    needs_networks()
    (tmp_path / "bot.py").write_text(BOT, encoding="utf-8")
    sides = ["--today", "ib_async==1.0.3", "--then", "ib_async==2.1.0", "--environments", os.environ[VARIABLE]]
    words = ib_compat("try", *sides, "--", "python", "bot.py")
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "found []" in done.stdout
    assert "found [None]" in done.stdout
