"""The page of a run as a file: what stands in it without a script, and that hostile texts stay texts."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from harness.views.page import render, write_page
from harness.views.page.page_data import document
from harness.views.page.page_table import shown, table_of
from harness.views.page.write import source_hash
from tests.views.page.making import (
    HOSTILE,
    RED,
    WELL,
    leave_evidence,
    poisoned,
    results,
    stored,
    with_files,
    with_two_verdicts,
)

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.results_model import Results
    from tests.conftest import Maker

ACCOUNT = "DU9000001"
NUMBER = "8"
"""Of the square `RED`."""


class Reader(HTMLParser):
    """Reads a page: its elements with their attributes, and the text in each script, style and table row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self.rows: list[str] = []
        self._in: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in.append(tag)
        if tag in {"script", "style"}:
            self.raw.append("")
        if tag == "tr":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._in and self._in.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._in and self._in[-1] in {"script", "style"}:
            self.raw[-1] += data
        elif "tr" in self._in:
            self.rows[-1] += f" {data}"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def marked_up(self) -> list[tuple[str, set[str]]]:
        """Every element with the names of its attributes, but for the lines of heads, which break as they must."""
        return [(tag, set(attributes) - {"class"}) for tag, attributes in self.elements if tag != "span"]

    @property
    def data(self) -> dict[str, Any]:
        """What the script is given."""
        found: dict[str, Any] = json.loads(self.raw[1])
        return found


@pytest.fixture
def run(make: Maker) -> Results:
    return results(make)


@pytest.fixture
def page(run: Results, tmp_path: Path) -> Reader:
    return Reader(render(run, tmp_path / "none"))


def test_it_is_written_beside_the_results(run: Results, tmp_path: Path) -> None:
    folder = stored(run, tmp_path)
    assert write_page(run, folder) == folder / "index.html"
    assert (folder / "index.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_without_a_script_the_grid_can_be_read(page: Reader) -> None:
    rows = [" ".join(row.split()) for row in page.rows]
    assert "ib_async 1.0.3 py3.10 157-178 178 pass 178 pass timeout version" in rows
    assert any(row.startswith("ib_insync 0.9.86") and row.endswith("178 degraded executions") for row in rows)
    assert any(row.startswith("library client speaks gateway 10.45 paper ≤ 223 until 2026-12-15") for row in rows)


def test_heads_say_what_they_are_the_head_of(page: Reader) -> None:
    scopes = [attributes.get("scope") for attributes in page.all("th")]
    assert set(scopes) == {"row", "col"}


def test_a_square_for_every_cell_in_the_same_order_as_the_data(page: Reader, run: Results) -> None:
    assert len(page.all("button")) == len(run.cells) + 1  # and the one for colours
    assert [cell["id"] for cell in page.data["cells"]] == list(run.cells)


def test_a_cell_that_nobody_planned_leaves_its_square_empty(run: Results, tmp_path: Path) -> None:
    cells = {name: cell for name, cell in run.cells.items() if name != RED}
    table = table_of(replace(run, cells=cells))
    assert [square is None for row in table.rows for square in row.squares].count(True) == 1
    assert '<td class="none">' in render(replace(run, cells=cells), tmp_path)


def test_the_policy_names_the_script_and_the_style_that_are_there(page: Reader) -> None:
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    style, _, script = page.raw
    assert policy is not None
    assert source_hash(style) in policy
    assert source_hash(script) in policy


def test_nothing_is_fetched_from_anywhere(page: Reader) -> None:
    addresses = [
        value for _, attributes in page.elements for name, value in attributes.items() if name in {"src", "href"}
    ]
    assert addresses == ["data:,"]


def test_a_square_has_the_verdict_on_each_other_check(run: Results, tmp_path: Path) -> None:
    data = Reader(render(with_two_verdicts(run), tmp_path / "none")).data
    told = {cell["id"]: cell["verdicts"] for cell in data["cells"] if "verdicts" in cell}
    ((name, number),) = told.pop(RED)
    assert data["strings"][name] == run.cells[RED].checks[0].name
    assert data["strings"][data["verdicts"][number][0][0]] == "another"
    assert told == {}


def test_a_red_square_has_its_verdict_stages_and_command(page: Reader, run: Results) -> None:
    data = page.data
    cell = next(cell for cell in data["cells"] if cell["id"] == RED)
    text = data["strings"]
    stages = [(text[name], text[status]) for name, status, _, _ in data["stages"][cell["stages"]]]
    assert stages[-1] == ("version", "timeout")
    assert cell["seconds"][-1] == 4.005
    assert text[cell["rerun"]] == run.cells[RED].rerun
    diagnosis = run.cells[RED].diagnosis
    assert diagnosis is not None
    (code, *_), because, steps = data["verdicts"][cell["verdict"]]
    assert text[code] == diagnosis.code
    assert tuple(text[line] for line in because) == diagnosis.because
    assert tuple(text[line] for line in steps) == diagnosis.next


def test_what_is_not_the_truth_stands_beside_the_truth(page: Reader) -> None:
    data = page.data
    cell = next(cell for cell in data["cells"] if cell["id"].startswith("ib_insync") and "tws" in cell["id"])
    rows = [tuple(data["strings"][each] for each in row) for row in data["lists"][cell["observed"]]]
    assert rows == [
        ("server version", "178 (the client speaks 157 to 178, the gateway up to 203)", "178"),
        ("executions", "degraded, by [[expect]] 1", "degraded"),
        ("executions: exec_id 01: time", "'2026-11-20T20:30:59+00:00'", "'2026-11-20T15:30:59+00:00'"),
    ]


def test_hostile_names_reasons_verdicts_and_commands_stay_texts(run: Results, tmp_path: Path) -> None:
    hostile = poisoned(run)
    page, plain = (Reader(render(each, tmp_path / "none")) for each in (hostile, run))
    assert page.marked_up == plain.marked_up
    assert page.raw[0] == plain.raw[0]
    assert page.raw[2] == plain.raw[2]
    assert page.data == json.loads(json.dumps(document(hostile, tmp_path / "none", table_of(hostile))))
    assert any(shown(HOSTILE) in text for text in page.data["strings"])


def test_a_link_that_is_no_address_is_no_link(run: Results, tmp_path: Path) -> None:
    data = document(poisoned(run), tmp_path, table_of(poisoned(run)))
    assert not any("links" in cell for cell in data["cells"])
    assert any("links" in cell for cell in document(run, tmp_path, table_of(run))["cells"])


def test_hostile_logs_and_bytes_stay_texts(run: Results, tmp_path: Path) -> None:
    named = with_files(run, RED)
    folder = stored(named, tmp_path)
    leave_evidence(folder, RED, log=[HOSTILE, "\ud800 half a character"], wire=HOSTILE.encode())
    page, plain = Reader(render(named, folder)), Reader(render(run, tmp_path / "none"))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    evidence = page.data["evidence"][NUMBER]
    log, wire = ([page.data["strings"][line] for line in evidence[part]["lines"]] for part in ("log", "wire"))
    assert log == [f"INFO ib_async.client: {shown(HOSTILE)}", "INFO ib_async.client: ? half a character"]
    assert any("3c 2f 73 63 72 69 70 74" in line for line in wire)


def test_account_numbers_are_masked_in_log_and_wire(run: Results, tmp_path: Path) -> None:
    named = with_files(run, RED)
    folder = stored(named, tmp_path)
    leave_evidence(
        folder,
        RED,
        log=[f"account {ACCOUNT} and WHITE77"],
        wire=b"\0\0\0\x0a" + ACCOUNT.encode() + b"\0",
        account="WHITE77",
    )
    page = render(named, folder)
    assert "account DU9***01 and WHI***77" in page
    assert ACCOUNT not in page
    assert ACCOUNT.encode().hex(" ") not in page
    assert "WHITE77" not in page


@pytest.mark.parametrize("home", ["/home/trader", "/a"])
def test_home_folders_are_in_no_text_and_tags_stay(
    home: str, run: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a home is called as a tag is, too."""
    named = with_files(run, RED)
    folder = stored(named, tmp_path)
    leave_evidence(folder, RED, log=[f"File {home}/site-packages/ib_async/ib.py"])
    plain = Reader(render(named, folder))
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)
    cell = replace(named.cells[RED], rerun=f"nox -- --matrix {home}/m.toml")
    page = render(replace(named, cells={**named.cells, RED: cell}), folder)
    assert [f"{home}/{each}" in page for each in ("site-packages", "m.toml")] == [False, False]
    assert "~/site-packages/ib_async" in page
    assert [tag for tag, _ in Reader(page).elements] == [tag for tag, _ in plain.elements]


def test_a_long_log_keeps_both_ends_and_says_what_is_left_out(run: Results, tmp_path: Path) -> None:
    named = with_files(run, RED)
    folder = stored(named, tmp_path)
    leave_evidence(folder, RED, log=[f"line {number}" for number in range(1000)])
    page = Reader(render(named, folder))
    log = page.data["evidence"][NUMBER]["log"]
    lines = [page.data["strings"][line] for line in log["lines"]]
    assert lines[0].endswith("line 0")
    assert lines[-1].endswith("line 999")
    assert len(lines) + log["left"] == 1000


def test_squares_that_did_not_pass_have_their_evidence_first(
    run: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.views.page.page_data.CHARACTERS", 10)
    named = with_files(run, WELL, RED)
    folder = stored(named, tmp_path)
    for cell in (WELL, RED):
        leave_evidence(folder, cell, log=["x" * 20])
    assert list(Reader(render(named, folder)).data["evidence"]) == [NUMBER]


def test_a_transcript_that_cannot_be_read_is_said(run: Results, tmp_path: Path) -> None:
    named = with_files(run, RED)
    folder = stored(named, tmp_path)
    leave_evidence(folder, RED, log=[])
    folder.joinpath("cells", *RED.split("/"), "wire.jsonl").write_text("nonsense\n", encoding="utf-8")
    page = Reader(render(named, folder))
    (line,) = page.data["evidence"][NUMBER]["wire"]["lines"]
    assert "not a line of a transcript" in page.data["strings"][line]
