"""The exceptions in what a program wrote: what, where, and whose call led there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.programs.difference import Kind
from harness.programs.differences import differences
from harness.programs.tracebacks import raised_in
from tests.programs.ran import ran

LIBRARY = """
def place(quantity):
    if not isinstance(quantity, int):
        raise TypeError("no such number")
def run(callback):
    callback()
"""
BOTS = {
    "calls": ("import lib\nlib.place('1')\n", "TypeError: no such number (raised in lib, called at bot.py:2)"),
    "is called": (
        "import lib\ndef on_id():\n    lib.place('1')\nlib.run(on_id)\n",
        "TypeError: no such number (raised in lib, called at bot.py:3)",
    ),
    "raises": ("import lib\nlib.run(lambda: 1 / 0)\n", "ZeroDivisionError: division by zero (raised at bot.py:2)"),
    "has no words": ("raise RuntimeError\n", "RuntimeError (raised at bot.py:1)"),
    "uses Python itself": (
        "import json\njson.loads('')\n",
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0) (raised at bot.py:2)",
    ),
}


def written(folder: Path, text: str) -> str:
    """Run a program, with a library beside its Python; give what it writes."""
    packages = folder / "site-packages" / "lib"
    packages.mkdir(parents=True)
    (packages / "__init__.py").write_text(LIBRARY, encoding="utf-8")
    (folder / "bot.py").write_text(text, encoding="utf-8")
    start = (
        f"import sys; sys.path.append({str(packages.parent)!r}); exec(compile(open('bot.py').read(), 'bot.py', 'exec'))"
    )
    done = subprocess.run([sys.executable, "-c", start], cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr.replace('  File "<string>", line 1, in <module>\n', "")


@pytest.mark.parametrize("name", BOTS)
def test_what_was_raised_and_whose_call_led_there_is_said(tmp_path: Path, name: str) -> None:
    text, words = BOTS[name]
    (found,), rest = raised_in(written(tmp_path, text))
    assert found.words == words
    assert rest == ""


def test_all_of_a_chain_are_found_and_the_rest_is_kept(tmp_path: Path) -> None:
    begins = "import sys\nprint('begun', file=sys.stderr)\n"
    text = f"{begins}try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('x')\n"
    found, rest = raised_in(written(tmp_path, text))
    assert [each.type for each in found] == ["ZeroDivisionError", "ValueError"]
    assert rest.split() == ["begun"]


@pytest.mark.parametrize(
    "text", ["", "Traceback (most recent call last):", "Traceback (most recent call last):\n  x\n!\n"]
)
def test_what_only_begins_like_one_is_none(text: str) -> None:
    assert raised_in(f"Traceback (most recent call last):{text}")[0] == ()


def test_an_exception_in_one_run_alone_is_one_difference(tmp_path: Path) -> None:
    text, words = BOTS["calls"]
    (found,) = differences(ran(), ran(output=written(tmp_path, text)))
    assert (found.kind, found.where, found.before, found.after) == (Kind.EXCEPTION, "TypeError", "nothing", words)


def test_another_text_of_the_same_class_is_another_exception(tmp_path: Path) -> None:
    output = written(tmp_path, BOTS["calls"][0])
    found = differences(ran(output=output), ran(output=output.replace("no such number", "it is closed")))
    assert [each.after.partition(" (")[0] for each in found] == ["nothing", "TypeError: it is closed"]


def test_the_same_exception_in_both_is_none(tmp_path: Path) -> None:
    output = written(tmp_path, BOTS["calls"][0])
    assert differences(ran(output=output), ran(output=output.replace("line 2", "line 3"))) == ()
