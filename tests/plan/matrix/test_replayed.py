"""``[[gateway]]`` with ``kind = "replay"``: what it becomes, and what is said of a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.plan.build_plan import build_plan, left_out
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.recordings.recording import Framed, GatewayRecorded, Head, Opened
from harness.wire.message import Message, Sender
from tests.plan.matrix.test_load import complaints, load
from tests.recordings.made import HEAD, SESSION, frame, packed

ROW = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "replay"
"""


def head(**gateway: str) -> Head:
    return HEAD.model_copy(update={"gateway": GatewayRecorded(server_version=0, **gateway)})


def column(tmp_path: Path, more: str = "", **gateway: str) -> GatewaySpec:
    packed(tmp_path, SESSION, head(**gateway))
    (spec,) = load(tmp_path, f'{ROW}recording = "made.ibrec"\n{more}').gateways
    return spec


def test_a_replay_is_a_column_that_needs_no_login_and_may_be_asked_side_by_side(tmp_path: Path) -> None:
    spec = column(tmp_path, "speed = 2.0")
    assert (spec.name, spec.kind, spec.mode) == ("gateway-10.45-paper-replay", "replay", "paper")
    assert (spec.concurrency, spec.credential, spec.ours, spec.live) == (15, None, True, False)
    assert spec.recording is not None
    assert (spec.recording.server_version, spec.recording.speed) == (203, 2.0)
    assert spec.recording.evidence.startswith(
        "recorded on 2026-11-30 of a gateway that may be real or simulated: made.ibrec"
    )


def test_another_recording_of_the_same_name_is_another_column(tmp_path: Path) -> None:
    before = column(tmp_path)
    packed(tmp_path, (*SESSION, Opened(at=1.0, connection=2)), head())
    (after,) = load(tmp_path, f'{ROW}recording = "made.ibrec"\n').gateways
    assert before != after
    assert before == column(tmp_path)


def test_what_trades_is_asked_where_a_simulated_gateway_was_recorded(tmp_path: Path) -> None:
    def not_asked(kind: str) -> bool:
        return "fills" in left_out(column(tmp_path, kind=kind), ["fills"], orders=True)

    assert not_asked("address")
    assert not not_asked("simulator")


def test_a_recorded_live_account_is_no_live_gateway(tmp_path: Path) -> None:
    shown = frame(Message("managed_accounts", {"accounts": "U9000001"}))
    packed(tmp_path, (*SESSION[:4], Framed(at=0.005, connection=1, sender=Sender.GATEWAY, payload=shown)))
    (spec,) = load(tmp_path, f'{ROW}recording = "made.ibrec"\n').gateways
    assert (spec.mode, spec.live) == ("live", False)


def test_what_is_wrong_with_a_replay_is_named_with_file_and_key(tmp_path: Path) -> None:
    assert complaints(tmp_path, ROW) == ["[[gateway]] 1: recording: is missing"]
    (missing,) = complaints(tmp_path, f'{ROW}recording = "none.ibrec"')
    assert missing.startswith("[[gateway]] 1: recording: ")
    assert "none.ibrec" in missing
    packed(tmp_path, SESSION, head(product="tws", mode="paper"))
    told = f'{ROW}recording = "made.ibrec"\n'
    assert complaints(tmp_path, told) == ["[[gateway]] 1: product: 'gateway': the recording is of 'tws'"]
    told = told.replace('product = "gateway"', 'product = "tws"') + 'mode = "live"\n'
    assert complaints(tmp_path, told) == ["[[gateway]] 1: mode: 'live': the recording is of 'paper'"]
    assert "speed" in complaints(tmp_path, f"{told}speed = 0.0\n")[0]


@pytest.mark.parametrize("entries", [SESSION[:1], SESSION[:2]])
def test_a_recording_without_a_version_reply_is_refused(tmp_path: Path, entries: tuple[Opened, ...]) -> None:
    packed(tmp_path, entries, head())
    (said,) = complaints(tmp_path, f'{ROW}recording = "made.ibrec"\n')
    assert said.startswith("[[gateway]] 1: recording: ")


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made.ibrec").write_bytes(b"PK nothing")
    (said,) = complaints(tmp_path, f'{ROW}recording = "made.ibrec"\n')
    assert said.startswith("[[gateway]] 1: recording: ")


def test_its_cells_are_planned_as_any_gateways_of_ours(tmp_path: Path) -> None:
    packed(tmp_path, SESSION, head(kind="simulator"))
    plan = build_plan(load(tmp_path, f'{ROW}recording = "made.ibrec"\n'))
    assert [cell.gateway.name for cell in plan.cells] == ["gateway-10.45-paper-replay"]
    assert plan.absent == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few users make links")
@pytest.mark.parametrize("recording", ["itself", "~nobody-of-this-name/made.ibrec"])
def test_a_link_to_itself_and_a_home_that_is_not_there_are_told(tmp_path: Path, recording: str) -> None:
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    (said,) = complaints(tmp_path, f'{ROW}recording = "{recording}"')
    assert said.startswith("[[gateway]] 1: recording: ")


def test_a_wheel_in_a_home_that_is_not_there_is_missing(tmp_path: Path) -> None:
    row = '[[library]]\nadapter = "ib_async"\nversion = "2.1.0"\nwheel = "~nobody-of-this-name/a.whl"\n'
    (said,) = complaints(tmp_path, row + '[[gateway]]\nkind = "simulator"\nproduct = "gateway"\nversion = "10.45"')
    assert said.startswith("[[library]] 1: wheel: ")
