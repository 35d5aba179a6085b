"""Libraries run in the time zone that the matrix file names, whatever this computer's is."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from harness.cli import main
from harness.run.worker_process import posix
from harness.shared.errors import ExitCode
from tests.rows import DEFAULT, VARIABLE, library_rows, need_row

MOMENTS = (dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC), dt.datetime(2026, 7, 15, 12, tzinfo=dt.UTC))
HERE = "import sys, time; print([time.localtime(float(each)).tm_gmtoff for each in sys.argv[1:]])"

READ_AS_LOCAL = {"ib_async==2.1.0", "ib_async==2.0.1", "ib_async==1.0.3", "ib_insync==0.9.86"}
"""They read a time in UTC that names no zone as this computer's. ib_insync 0.9.70 is told none: it speaks 163."""


@pytest.mark.skipif(sys.platform == "win32", reason="its C library knows no rules for summer time")
@pytest.mark.parametrize(
    "name", ["Asia/Tokyo", "America/New_York", "Europe/Zurich", "Asia/Kolkata", "America/Sao_Paulo", "UTC"]
)
def test_the_rule_of_a_zone_needs_no_data_of_zones(name: str) -> None:
    moments = [str(moment.timestamp()) for moment in MOMENTS]
    told = subprocess.run(
        [sys.executable, "-c", HERE, *moments], env={"TZ": posix(name)}, capture_output=True, check=True, text=True
    )
    offsets = [moment.astimezone(ZoneInfo(name)).utcoffset() for moment in MOMENTS]
    assert json.loads(told.stdout) == [offset.total_seconds() for offset in offsets if offset is not None]


def misread(timezone: str, folder: Path, scenarios: tuple[str, ...]) -> set[tuple[str, str, str]]:
    """Return who reads a time wrongly: library, scenario and check."""
    need_row(None)
    libraries = DEFAULT.read_text("utf-8").partition("# ── Libraries")[2].partition("# ── Gateways")[0]
    gateways = [
        f'[[gateway]]\nproduct = "gateway"\nversion = "{version}"\nkind = "simulator"\nscenario = "{scenario}"\n'
        for version in ("10.19", "10.45")
        for scenario in scenarios
    ]
    matrix = folder / "matrix.toml"
    matrix.write_text("\n".join([f'[defaults]\ntimezone = "{timezone}"\n', f"# {libraries}", *gateways]), "utf-8")
    code = main(
        ["run", "--no-build", "--matrix", str(matrix), "--environments", os.environ[VARIABLE], "--results", str(folder)]
    )
    assert code in {ExitCode.AS_EXPECTED, ExitCode.INCOMPATIBLE}
    document = json.loads((folder / "latest/results.json").read_text("utf-8"))
    assert document["run"]["timezone"] == timezone
    return {
        (name, scenario, check["name"])
        for cell in document["cells"].values()
        for check in cell["checks"]
        if (name := f"{cell['library']}=={cell['requested']['version']}") in library_rows()
        if (scenario := cell["gateway"].partition("-paper-")[2])
        if check["status"] not in {"pass", "unsupported"}
    }


@pytest.mark.slow
def test_utc_without_a_zone_is_misread_away_from_utc_and_nothing_else_is(tmp_path: Path) -> None:
    found = misread("Asia/Tokyo", tmp_path, ("utc-times", "operator-times"))
    wrong = READ_AS_LOCAL & library_rows().keys()
    assert found == {(name, "utc-times", check) for name in wrong for check in ("executions", "historical_bars")}


@pytest.fixture(scope="module")
def misread_in_utc(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, str]]:
    """Who reads a time wrongly where this computer's clock is UTC."""
    return misread("UTC", tmp_path_factory.mktemp("utc"), ("utc-times", "clock-ahead"))


@pytest.mark.slow
def test_nothing_is_misread_where_the_computers_clock_is_utc(misread_in_utc: set[tuple[str, str, str]]) -> None:
    assert [found for found in misread_in_utc if found[1] == "utc-times"] == []


@pytest.mark.slow
def test_a_tick_with_the_librarys_own_time_is_seen_where_the_gateways_clock_is_another(
    misread_in_utc: set[tuple[str, str, str]],
) -> None:
    found = {each for each in misread_in_utc if each[1] == "clock-ahead"}
    asyncio_ones = {name for name in library_rows() if name.startswith(("ib_async", "ib_insync"))}
    assert found == {(name, "clock-ahead", "tick_by_tick") for name in asyncio_ones}
