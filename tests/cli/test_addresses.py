"""``--gateway HOST:PORT``: a gateway that no matrix file names; what it is, the control finds out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.shared.errors import ExitCode
from tests.diagnose.control.listeners import beside
from tests.doctor.looking import playing
from tests.rows import VARIABLE, need_row

ROW = "ib_async==2.1.0"


def planned(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["plan", "--json", "--library", ROW, *words]) == ExitCode.AS_EXPECTED
    cells: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["cells"]
    return cells


def test_it_is_asked_in_place_of_the_files_gateways(capsys: pytest.CaptureFixture[str]) -> None:
    with beside(playing) as port:
        (cell,) = planned(capsys, "--gateway", f"127.0.0.1:{port}")
    assert cell["gateway"] == f"gateway-127.0.0.1-{port}"
    assert cell["skipped"] is None
    assert cell["client_id"] >= 7300


def test_a_live_account_is_left_alone_unless_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    with beside(lambda: playing(mode="live")) as port:
        (cell,) = planned(capsys, "--gateway", f"127.0.0.1:{port}")
        (allowed,) = planned(capsys, "--gateway", f"127.0.0.1:{port}", "--allow-live")
    assert "--allow-live" in cell["skipped"]
    assert allowed["skipped"] is None
    assert not {"limit_order", "what_if_order"} & set(allowed["checks"])


def test_no_order_is_sent_to_a_live_one_though_orders_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with beside(lambda: playing(mode="live")) as port:
        (cell,) = planned(capsys, "--gateway", f"127.0.0.1:{port}", "--allow-live", "--orders")
    assert not {"limit_order", "what_if_order"} & set(cell["checks"])


def test_one_that_does_not_answer_is_planned_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    (cell,) = planned(capsys, "--gateway", "127.0.0.1:1")
    assert cell["gateway"] == "gateway-127.0.0.1-1"


def test_one_that_is_named_twice_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    (cell,) = planned(capsys, "--gateway", "127.0.0.1:1", "--gateway", "localhost:1", "--gateway", "127.1:1")
    assert cell["gateway"] == "gateway-127.0.0.1-1"


def test_names_and_addresses_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", "--gateway", "127.0.0.1:4002", "--gateway", "gateway-10.45-paper"]
    assert main(words) == ExitCode.WRONG_USE
    assert "one after another" in capsys.readouterr().err


def test_what_is_no_address_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--gateway", "127.0.0.1:99999"]) == ExitCode.WRONG_USE
    assert "HOST:PORT" in capsys.readouterr().err


@pytest.mark.slow
def test_a_row_runs_against_it_and_the_rerun_line_names_the_address(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    need_row(ROW)
    with beside(playing) as port:
        words = ["run", "--json", "--row", ROW, "--gateway", f"127.0.0.1:{port}", "--results", str(tmp_path)]
        code = main([*words, "--environments", os.environ[VARIABLE]])
        results = json.loads(capsys.readouterr().out)
    assert code == ExitCode.AS_EXPECTED
    (cell,) = results["cells"].values()
    assert (cell["status"], cell["negotiated"]) == ("pass", 178)
    assert cell["rerun"].endswith(f"--gateway 127.0.0.1:{port}")
    (gateway,) = results["gateways"].values()
    assert (gateway["kind"], gateway["mode"], gateway["version"]) == ("address", "paper", "sv223")
