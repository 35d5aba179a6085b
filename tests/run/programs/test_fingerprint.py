"""A program is known by what it is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan.matrix.load import load_matrix
from harness.programs.itself import ProgramItself
from harness.run.programs import places
from harness.run.programs.fingerprint import itself

TABLE = '[[program]]\nname = "bot"\ncommand = "python bot.py"\nfolder = "bot"\nrequirements = "needs.txt"\n'
GATEWAY = '[[gateway]]\nkind = "simulator"\nproduct = "gateway"\nversion = "10.30"\n'


@pytest.fixture(name="there", autouse=True)
def a_program(tmp_path: Path) -> Path:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "bot.py").write_text("ask('DU9000001')", "utf-8")
    (tmp_path / "needs.txt").write_text("ib_async", "utf-8")
    return tmp_path


def of(folder: Path, more: str = "") -> ProgramItself:
    file = folder / "m.toml"
    file.write_text(TABLE + more + GATEWAY, "utf-8")
    (spec,) = load_matrix(file).programs
    return itself(spec, (folder / "bot" / "results",))


@pytest.mark.parametrize(
    ("file", "text", "changed"),
    [
        ("bot/bot.py", "ask('more')", ("its files",)),
        ("bot/new.py", "", ("its files",)),
        ("bot/__pycache__/bot.pyc", "", ()),
        ("bot/.git/HEAD", "", ()),
        ("bot/results/run/results.json", "", ()),
        ("bot/node_modules/x.js", "", ("its files",)),
        ("needs.txt", "ib_async==2.1.0", ("its requirements",)),
        ("beside.txt", "", ()),
    ],
)
def test_another_file_is_another_program(there: Path, file: str, text: str, changed: tuple[str, ...]) -> None:
    before = of(there)
    assert before.known
    (there / file).parent.mkdir(exist_ok=True, parents=True)
    (there / file).write_text(text, "utf-8")
    assert of(there).changed_from(before) == changed


def test_what_is_linked_counts_by_its_name_alone(there: Path) -> None:
    (there / "bot" / "node_modules").mkdir()
    before = of(there)
    (there / "bot" / "node_modules" / "x.js").write_text("", "utf-8")
    assert of(there) == before


def test_a_link_that_leads_to_itself_is_a_file_by_its_name(there: Path) -> None:
    before = of(there)
    (there / "bot" / "loop").symlink_to("loop")
    assert of(there).changed_from(before) == ("its files",)


@pytest.mark.parametrize(
    "more", ['says = "done"\n', "seed = 2\n", 'environment = { A = "b" }\n', "ends = { after = 5 }\n"]
)
def test_so_is_another_table(there: Path, more: str) -> None:
    assert of(there, more).changed_from(of(there)) == ("how its table runs it",)


def test_a_library_that_is_varied_and_another_column_change_nothing(there: Path) -> None:
    assert of(there, 'libraries = "ib_async==2.1.0"\ngateways = "*"\n') == of(there)


def test_no_digest_tells_an_account(there: Path) -> None:
    before = of(there, 'environment = { A = "DU9000001" }\n')
    (there / "bot" / "bot.py").write_text("ask('DU9555501')", "utf-8")
    assert of(there, 'environment = { A = "DU9555501" }\n') == before


def test_of_what_is_too_large_nothing_is_known(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_FILES", 0)
    assert of(there).files == ""
