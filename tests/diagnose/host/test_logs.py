"""The newest lines around a moment, fit to be shown."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from harness.diagnose.host import HostView, document, look
from tests.diagnose.host.conftest import USER
from tests.diagnose.host.ends import not_on_windows, program

NOON = datetime(2026, 11, 20, 12, 0, 0)  # noqa: DTZ001 - logs write the clock of this machine
AROUND = ((NOON - timedelta(minutes=1)).timestamp(), (NOON + timedelta(minutes=1)).timestamp())
LATER = (NOON + timedelta(hours=1)).timestamp()
ENCODED = "oeljfbdfjdcaopacmbglefiokadfljhgbdkcbgaj"


def at(seconds: float, text: str) -> str:
    """A line of launcher.log, so many seconds after noon."""
    moment = NOON + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03} INFO  [JTS-Main] - {text}"


def write(file: Path, *lines: str, written: float = LATER) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(file, (written, written))


def texts(view: HostView) -> list[str]:
    """The ends of the lines that were found in the home folder of the test."""
    return [each.text.rpartition(" - ")[2] for each in view.logs if each.file.startswith("~")]


def test_only_the_lines_around_the_moment_are_given_with_what_goes_on_from_them(home: Path) -> None:
    write(
        home / "Jts" / "launcher.log",
        at(-61, "too early"),
        "  at too.early(Unknown Source)",
        at(-59, "near"),
        "  at near.to(Unknown Source)",
        "",
        at(61, "too late"),
    )
    view = look("127.0.0.1", None, around=AROUND)
    assert texts(view) == ["near", "  at near.to(Unknown Source)"]
    assert [each.at for each in view.logs] == [(NOON - timedelta(seconds=59)).timestamp(), None]
    assert {each.file.replace("\\", "/") for each in view.logs} == {"~/Jts/launcher.log"}


def test_at_most_forty_lines_are_given_the_newest_of_all_files_in_their_order(home: Path) -> None:
    write(home / "Jts" / "launcher.log", *(at(second, f"even {second}") for second in range(0, 60, 2)))
    write(home / "Jts" / ENCODED / "ibgateway.Fri.log", *(at(second, f"odd {second}") for second in range(1, 60, 2)))
    expected = [f"{'odd' if second % 2 else 'even'} {second}" for second in range(20, 60)]
    assert texts(look("127.0.0.1", None, around=AROUND)) == expected


def test_without_a_moment_the_newest_lines_are_given(home: Path) -> None:
    write(home / "Jts" / "launcher.log", at(0, "said"), "and more")
    assert texts(look("127.0.0.1", None))[-2:] == ["said", "and more"]


def test_a_time_without_a_day_is_of_the_day_of_the_file_or_of_the_one_before(home: Path) -> None:
    written = (NOON + timedelta(hours=13)).timestamp()
    lines = ("23:59:00:500 -> before midnight", "00:59:00.000 <- after midnight", "99:00:00:000 <- never")
    write(home / "Jts" / ENCODED / "api.1.Fri.log", *lines, written=written)
    view = look("127.0.0.1", None, around=(NOON.timestamp(), written))
    assert [each.at for each in view.logs] == [
        (NOON + timedelta(hours=11, minutes=59, seconds=0.5)).timestamp(),
        (NOON + timedelta(hours=12, minutes=59)).timestamp(),
        None,
    ]


def test_the_logs_of_ibc_are_read(home: Path) -> None:
    folder = "Documents/IBC/Logs" if sys.platform == "win32" else "ibc/logs"
    write(home / folder / "ibc-3.24.1_GATEWAY-1045_Friday.txt", "2026-11-20 12:00:01:408 IBC: Login has completed")
    (line,) = look("127.0.0.1", None, around=AROUND).logs
    assert line.text.endswith("IBC: Login has completed")
    assert line.at == pytest.approx(NOON.timestamp() + 1.408)


def test_only_the_end_of_a_long_file_is_read(home: Path) -> None:
    late = [at(600 + second, "filling") for second in range(1500)]
    write(home / "Jts" / "launcher.log", at(0, "long ago"), *late)
    assert texts(look("127.0.0.1", None, around=AROUND)) == []
    write(home / "Jts" / "launcher.log", *late, at(0, "at the end"))
    assert texts(look("127.0.0.1", None, around=AROUND)) == ["at the end"]


def test_a_line_of_which_only_the_end_is_read_is_left_out(home: Path) -> None:
    write(home / "Jts" / "launcher.log", *(at(second, f"{second} " + "x" * 30_000) for second in range(3)))
    assert [text.split(" ")[0] for text in texts(look("127.0.0.1", None))] == ["1", "2"]


@not_on_windows
def test_logs_of_other_programs_beside_a_gateway_are_not_read(home: Path) -> None:
    write(home / "api.server.log", at(0, "of another program"))
    with program("ibgateway", home):
        assert texts(look("127.0.0.1", None, around=AROUND)) == []


def test_a_file_that_was_written_before_the_moment_is_not_read(home: Path) -> None:
    write(home / "Jts" / "launcher.log", at(0, "clock set back"), written=AROUND[0] - 1)
    assert texts(look("127.0.0.1", None, around=AROUND)) == []


def test_a_file_that_is_no_text_is_not_shown(home: Path) -> None:
    write(home / "Jts" / "launcher.log", at(0, "text"), "\0")
    assert texts(look("127.0.0.1", None, around=AROUND)) == []


def test_an_encrypted_log_is_only_named(home: Path) -> None:
    write(home / "Jts" / ENCODED / "ibgateway.20261120.ibgzenc", at(0, "secret"))
    write(home / "Jts" / ENCODED / "HotKeys.json.ibgzenc")
    view = look("127.0.0.1", None, around=AROUND)
    (sentence,) = (each.replace("\\", "/") for each in view.unseen if "encrypted" in each)
    assert sentence.startswith("~/Jts/***/ibgateway.20261120.ibgzenc ")
    assert view.logs == ()


def test_a_long_line_is_cut(home: Path) -> None:
    write(home / "Jts" / "launcher.log", at(0, "x" * 5000))
    (line,) = look("127.0.0.1", None, around=AROUND).logs
    assert len(line.text) == 501


def test_nobody_s_name_or_folder_or_account_comes_out(home: Path) -> None:
    write(
        home / "Jts" / ENCODED / f"api.{USER}.log",
        at(0, f"user.name = {USER}"),
        at(1, f"user.home = {home}"),
        at(2, f"java.class.path = {home / 'Jts' / 'jars'}:/home/canaryother/ibc/IBC.jar"),
        at(3, r"C:\Users\Third Canary\Documents and D:\Users\canaryfourth"),
        at(4, f"restoring session token [userDirname={ENCODED}]"),
        at(5, "Username: canaryfifth"),
        at(6, "IbLoginId=canarysixth"),
        at(7, f"Hello {USER.upper()}, DU9000001"),
        at(8, "network card 02:42:ac:11:00:02"),
        written=time.time(),
    )
    view = look("127.0.0.1", 4002, around=AROUND, mask=lambda text: text.replace("DU9000001", "DU9***01"))
    told = json.dumps(document(view))
    for secret in ("canary", ENCODED, "DU9000001", "02:42:ac", str(home)):
        assert secret.lower() not in told.lower(), secret
    assert [each.text.partition(" - ")[2] for each in view.logs][-2:] == ["Hello ***, DU9***01", "network card ***"]
    assert len(view.logs) == 9


def test_ordinary_names_are_words_like_others(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "ibgateway")
    write(home / "Jts" / "launcher.log", at(0, "the ibgateway starts"))
    assert texts(look("127.0.0.1", None, around=AROUND)) == ["the ibgateway starts"]
