"""``ib-compat page``: the page of a stored run again."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.results.run_folder import point_latest
from harness.shared.errors import ExitCode
from tests.views.page.making import RUN, results, stored

if TYPE_CHECKING:
    from tests.conftest import Maker

PAGE = Path("results", RUN, "index.html")


@pytest.fixture(autouse=True)
def run(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stored(results(make), Path("results"))
    point_latest(Path("results"), RUN)


@pytest.mark.parametrize("named", [[], [RUN], [f"results/{RUN}"]])
def test_it_is_written_again_and_named(named: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", *named]) == ExitCode.AS_EXPECTED
    assert capsys.readouterr().out == f"{PAGE.as_posix()}\n"
    assert RUN in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    ("opens", "said"), [(True, ""), (False, "No browser could be started; open the file yourself.\n")]
)
def test_it_is_opened_when_asked(
    opens: bool,  # noqa: FBT001 - a parameter of the test
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return opens

    monkeypatch.setattr(webbrowser, "open", browser)
    assert main(["page", "--open"]) == ExitCode.AS_EXPECTED
    assert [address.endswith(f"{RUN}/index.html") for address in opened] == [True]
    assert capsys.readouterr().err == said


def test_a_run_that_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", "nowhere"]) == ExitCode.WRONG_USE
    assert "no run 'nowhere'" in capsys.readouterr().err


@pytest.mark.usefixtures("capsys")
def test_a_page_that_cannot_be_written_is_wrong_use() -> None:
    PAGE.mkdir()
    assert main(["page"]) == ExitCode.WRONG_USE
