"""``ib-compat migrate``: the patch, its proof, and the files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.cli import main, migrate
from harness.shared.errors import ExitCode
from tests.rows import VARIABLE, need_row
from tests.run.programs.bots import needs_networks

BOT = """\
from ib_insync import IB
ib = IB()
ib.connect("127.0.0.1", 4002, clientId=7)
print(len(ib.positions()), {again})
ib.disconnect()
"""


@pytest.fixture(name="bot")
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = Path("bot.py")
    file.write_text(BOT.format(again=1), encoding="utf-8")
    return file


def test_the_patch_is_shown_and_nothing_is_changed(bot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", str(bot)]) == ExitCode.AS_EXPECTED
    assert "+from ib_async import IB" in capsys.readouterr().out.splitlines()
    assert "ib_insync" in bot.read_text("utf-8")


def test_the_files_are_changed_if_the_user_says_so(bot: Path) -> None:
    assert main(["migrate", str(bot), "--write"]) == ExitCode.AS_EXPECTED
    assert bot.read_text("utf-8").startswith("from ib_async import IB\n")
    assert main(["migrate", str(bot)]) == ExitCode.WRONG_USE, "nothing is left to rename"


@pytest.mark.parametrize(
    "found", [ExitCode.AS_EXPECTED, ExitCode.INCOMPATIBLE, ExitCode.HARNESS_FAILED, ExitCode.INTERRUPTED]
)
def test_with_a_command_only_what_is_proved_is_written(
    bot: Path, monkeypatch: pytest.MonkeyPatch, found: ExitCode
) -> None:
    """Above all nothing after Ctrl-C."""
    monkeypatch.setattr(migrate, "_proved", lambda _: found)
    monkeypatch.setattr(migrate, "tools_of", lambda *_: dict.fromkeys([migrate.FROM, migrate.TO], bot.parent))
    assert main(["migrate", str(bot), "--write", "--", "python", str(bot)]) == found
    assert ("ib_async" in bot.read_text("utf-8")) == (found is ExitCode.AS_EXPECTED)


@pytest.mark.parametrize("words", [["--to", "pandas==2"], ["--from", "ib_insync"]])
def test_other_libraries_are_refused(bot: Path, words: list[str]) -> None:
    assert main(["migrate", str(bot), *words]) == ExitCode.WRONG_USE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("again", "code"), [("'same'", ExitCode.AS_EXPECTED), ("__import__('sys').modules.keys() & {'ib_async'}", 1)]
)
def test_both_are_run_and_compared(bot: Path, capsys: pytest.CaptureFixture[str], again: str, code: int) -> None:
    need_row("ib_insync==0.9.86")
    need_row("ib_async==2.1.0")
    needs_networks()
    bot.write_text(BOT.format(again=again), encoding="utf-8")
    words = ["migrate", str(bot), "--environments", os.environ[VARIABLE], "--", "python", "bot.py"]
    assert main(words) == code, capsys.readouterr().out
    assert "ib_insync" in bot.read_text("utf-8"), "only the copy was changed"
