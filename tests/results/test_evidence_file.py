"""What a cell wrote is read back whatever its process came to."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from harness.results.evidence_file import FILE, NOTICES_KEPT, Evidence, LogRecord, read_evidence, read_log, write_checks
from harness.shared.evidence import CheckNotice, CheckRecord, Notice
from harness.shared.status import Status


def evidence_of(folder: Path, *lines: object, end: bytes = b"") -> Evidence:
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (folder / FILE).write_bytes(text.encode() + end)
    return read_evidence(folder)


def test_every_kind_of_line_is_read(tmp_path: Path) -> None:
    seen = evidence_of(
        tmp_path,
        {"event": "begin", "name": "tcp"},
        {"event": "check", "name": "tcp", "status": "pass", "seconds": 0.5, "reason": None, "detail": {"a": 1}},
        {"event": "negotiated", "server_version": 178},
        {"event": "callback", "code": 2104, "req_id": -1, "message": "ok"},
        {"event": "log", "logger": "x", "level": "INFO", "message": "y"},
        {"event": "begin", "name": "positions"},
        {"event": "end"},
    )
    assert seen.checks == [CheckRecord(name="tcp", status=Status.PASS, seconds=0.5, detail={"a": 1})]
    assert (seen.negotiated, seen.began, seen.log_records) == (178, "positions", 1)
    assert seen.notices == [CheckNotice(notice=Notice(code=2104, message="ok", req_id=-1), check="tcp")]


def test_a_check_has_the_time_at_which_it_began_and_one_that_hung_too(tmp_path: Path) -> None:
    seen = evidence_of(
        tmp_path,
        {"event": "begin", "name": "tcp", "at": 100.5},
        {"event": "check", "name": "tcp", "status": "pass"},
        {"event": "check", "name": "limit_order", "status": "skipped"},
        {"event": "begin", "name": "version", "at": "soon"},
        {"event": "check", "name": "version", "status": "pass"},
        {"event": "begin", "name": "ready", "at": 101},
    )
    assert [check.began for check in seen.checks] == [100.5, None, None]
    assert (seen.began, seen.began_at) == ("ready", 101.0)


def test_a_check_that_has_its_record_is_no_longer_the_one_that_began(tmp_path: Path) -> None:
    seen = evidence_of(tmp_path, {"event": "begin", "name": "tcp"}, {"event": "check", "name": "tcp", "status": "fail"})
    assert seen.began is None
    assert seen.checks == [CheckRecord(name="tcp", status=Status.FAIL)]


def test_without_a_file_there_is_no_evidence(tmp_path: Path) -> None:
    assert read_evidence(tmp_path / "nowhere") == Evidence()


def test_the_line_that_a_kill_cut_off_is_passed_over_and_what_came_before_stands(tmp_path: Path) -> None:
    seen = evidence_of(tmp_path, {"event": "begin", "name": "ready"}, end=b'{"event": "check", "name": "rea')
    assert seen.began == "ready"
    assert seen.checks == []


def test_lines_that_are_not_ours_are_passed_over(tmp_path: Path) -> None:
    seen = evidence_of(
        tmp_path,
        "text",
        ["list"],
        None,
        {"event": "mystery"},
        {"no": "event"},
        {"event": "check", "name": "tcp"},
        {"event": "check", "name": "tcp", "status": "no such status"},
        {"event": "callback", "code": 1},
        {"event": "negotiated", "server_version": 178},
        end=b"\xff\xfe not text\n\n",
    )
    assert seen == Evidence(negotiated=178)


def test_error_callbacks_without_end_do_not_fill_the_memory(tmp_path: Path) -> None:
    callback = {"event": "callback", "code": 1, "req_id": -1, "message": "again"}
    assert len(evidence_of(tmp_path, *[callback] * (NOTICES_KEPT + 5)).notices) == NOTICES_KEPT


def test_log_records_are_read_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    warning = {"event": "log", "logger": "x", "level": "WARNING", "message": "slow"}
    evidence_of(tmp_path, warning, {"event": "end"}, {"event": "log", "logger": "y"}, end=b'{"event": "log", "mess')

    assert read_log(tmp_path) == [
        LogRecord(level="WARNING", logger="x", message="slow"),
        LogRecord(level="None", logger="y", message="None"),
    ]
    assert read_log(tmp_path / "nowhere") == []


def test_checks_that_were_made_before_a_process_ran_are_evidence_too(tmp_path: Path) -> None:
    checks = [CheckRecord(name="install", status=Status.FAIL, seconds=1.5, reason="no such version", detail={"a": [1]})]
    write_checks(tmp_path / "new" / "folder", checks)
    assert read_evidence(tmp_path / "new" / "folder").checks == checks


def test_times_become_moments_with_those_that_name_no_zone_placed_where_the_process_ran(tmp_path: Path) -> None:
    records = [{"time": "20261120 15:30:59 US/Eastern"}, {"time": "20261121  05:30:59"}, {"time": "soon"}]
    line = {"event": "check", "name": "executions", "status": "pass", "detail": {"records": records}}
    (tmp_path / FILE).write_text(f"{json.dumps(line)}\n", encoding="utf-8")
    (check,) = read_evidence(tmp_path, dt.timezone(dt.timedelta(hours=9))).checks
    moment = "2026-11-20T20:30:59+00:00"
    assert check.detail == {"records": [{"time": moment}, {"time": moment}, {"time": "soon"}]}


def test_only_the_times_of_a_check_are_read_as_times(tmp_path: Path) -> None:
    detail = {"time": "20261120-15:30:59"}
    (check,) = evidence_of(tmp_path, {"event": "check", "name": "positions", "status": "pass", "detail": detail}).checks
    assert check.detail == detail
