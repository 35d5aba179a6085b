"""A library that is flooded is cut off, the verdict names the gateway, and what is kept of it stays small."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.cli import main
from harness.plan.matrix.rows import running_python
from tests.hostile.serving import served
from tests.rows import VARIABLE, need_row

pytestmark = pytest.mark.slow

MIB = 2**20


@pytest.mark.parametrize("library", ["ib_async==2.1.0", "ib_insync==0.9.86", "nautilus-ibapi==10.45.1"])
def test_a_library_that_is_sent_notices_without_end_is_cut_off_and_not_at_fault(library: str, tmp_path: Path) -> None:
    need_row(library)
    row = f"{library}/py{running_python()}"
    with served("notices to libraries") as port:
        places = ("--environments", os.environ[VARIABLE], "--results", str(tmp_path))
        main(["run", "--gateway", f"127.0.0.1:{port}", "--row", row, *places])
    [cell] = json.loads((tmp_path / "latest/results.json").read_text("utf-8"))["cells"].values()
    assert (cell["diagnosis"]["code"], cell["diagnosis"]["fault"]) == ("sends-without-end", "gateway")
    assert sum(each.stat().st_size for each in tmp_path.rglob("*.jsonl")) < 16 * MIB
