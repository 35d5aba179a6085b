"""Which names of a library a program's code uses, and where."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.changes import code_names
from harness.changes.code_names import CodeNames, names_in
from harness.shared.errors import UsageError

PUBLIC = frozenset(
    {
        *("IB", "Stock", "placeOrder", "connect", "close", "trades", "useRTH", "openOrder", "errorEvent"),
        *("self", "bid", "open", "client", "run", "connectAsync", "reqMktData"),
    }
)


def code(folder: Path, text: str, name: str = "bot.py") -> CodeNames:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return names_in([folder])


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("import ib_async\nx.placeOrder(y)", {"placeOrder"}),
        ("import ib_async as a\nframe.close; x.trades()", set()),
        ("from ib_async import IB, Stock", {"IB", "Stock"}),
        ("from ib_async import *\nStock('AAPL')", {"Stock"}),
        ("from ib_async import *\nframe.close", set()),
        ("import ib_async\nib = ib_async.IB()\nib.trades()", {"IB", "trades"}),
        ("from ib_async import IB\nself.client = IB()\nself.client.connect()", {"IB", "connect"}),
        ("from ib_async import IB\ndef run(client: IB): client.connect()", {"IB", "connect"}),
        ("from ib_async import IB\nIB().connect()", {"IB", "connect"}),
        ("import ib_async\nbars(useRTH=True)", {"useRTH"}),
        ("from ib_async import IB as Line\nc = Line()\nc.connect()", {"IB", "connect"}),
        ("import ib_async as a\na.Stock('AAPL')\na.util.run(x)", {"Stock", "run"}),
        ("import ib_async\nclass Bot(ib_async.IB):\n  def go(self): self.connect()", {"IB", "connect"}),
        ("import ib_async\ndef run(c: 'ib_async.IB | None'): c.connect()", {"connect"}),
        ("from ib_async import IB\nwith IB() as c: c.connect()", {"IB", "connect"}),
        ("from ib_async import IB\na, b = IB(), {}\na.connect(); b.close()", {"IB", "connect"}),
        (
            "from ib_async import IB\nclass B:\n  def __init__(self, c: IB): self.c = c; self.c.trades()",
            {"IB", "trades"},
        ),
        ("import ib_async\nt = self.ib.reqMktData(x)\nprint(t.bid)", {"reqMktData", "bid"}),
        ("import ib_async as a\nib = a.IB()\nfor t in ib.tickers(): t.bid", {"IB", "bid"}),
        ("import ib_async\nasync def f(): await ib.connectAsync()", {"connectAsync"}),
        ("from ib_async import *\nclass C:\n  bid: float = 0\n  def f(self, client): open(client)", set()),
        ("import asyncio, ib_async\nasyncio.run(x)\n'placeOrder'", set()),
        ("from ibapi.wrapper import EWrapper\nclass W(EWrapper):\n  def openOrder(self): ...", {"openOrder"}),
    ],
)
def test_names_of_two_words_and_what_belongs_to_the_library_count(tmp_path: Path, text: str, used: set[str]) -> None:
    assert set(code(tmp_path, text).used(PUBLIC)) == used


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("def on(t): t.bid", {"bid"}),
        ("import asyncio, socket\nasyncio.run(x)\ns = socket.socket()\ns.connect(); s.close()", set()),
        ("class Bot:\n  def go(self): self.run()\nbot = Bot()\nbot.run()", set()),
        ("bid = 1\nprint(bid)\nf(bid=2)", set()),
        ("ib = ib_async.IB()\nib.connect()", set()),
    ],
)
def test_what_follows_something_of_unknown_origin_is_perhaps_used(tmp_path: Path, text: str, used: set[str]) -> None:
    assert set(code(tmp_path, f"import ib_async\n{text}").perhaps_used(PUBLIC)) == used


def test_each_place_is_told_once_in_order(tmp_path: Path) -> None:
    names = code(tmp_path, "import ib_async\nx.placeOrder(y.placeOrder())\nx.placeOrder()")
    assert [place.line for place in names.used(PUBLIC)["placeOrder"]] == [2, 3]


@pytest.mark.parametrize("folder", [".venv", "venv", "node_modules", "a/site-packages", "build"])
def test_other_peoples_code_is_not_read(tmp_path: Path, folder: str) -> None:
    code(tmp_path, "import ib_async")
    assert set(code(tmp_path, "x.placeOrder()", f"{folder}/other.py").used(PUBLIC)) == set()


def test_a_file_that_is_no_python_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    code(tmp_path, "import ib_async\nx.placeOrder()")
    (tmp_path / "nul.py").write_bytes(b"\x00")
    names = code(tmp_path, "print 'Python 2'", "old.py")
    assert {file.name for file in names.unread} == {"old.py", "nul.py"}
    assert set(names.used(PUBLIC)) == {"placeOrder"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.timeout(10)
def test_a_pipe_is_said_and_not_waited_for_and_a_folder_that_is_called_as_a_file_is_none(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    (tmp_path / "folder.py").mkdir()
    assert list(code(tmp_path, "import ib_async").unread) == [pipe]
    with pytest.raises(UsageError):
        names_in([pipe])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few users make links")
def test_links_that_lead_out_of_the_folder_or_nowhere_are_said(tmp_path: Path) -> None:
    code(tmp_path / "other", "import ib_async\nx.reqMktData()", "their.py")
    mine = tmp_path / "mine"
    code(mine, "import ib_async")
    (mine / "same.py").symlink_to(mine / "bot.py")
    (mine / "out.py").symlink_to(tmp_path / "other" / "their.py")
    (mine / "gone.py").symlink_to(tmp_path / "gone")
    (mine / "itself.py").symlink_to(mine / "itself.py")
    names = names_in([mine])
    assert {file.name for file in names.unread} == {"out.py", "gone.py", "itself.py"}
    assert names.used(PUBLIC) == {}


def test_a_file_that_is_too_large_or_no_utf_8_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code(tmp_path, "import ib_async\nx.placeOrder()")
    (tmp_path / "data.py").write_text("x = 1\n" * 50, encoding="utf-8")
    (tmp_path / "old.py").write_bytes(b"name = '\xe4'\n")
    monkeypatch.setattr(code_names, "MOST_BYTES", 100)
    names = names_in([tmp_path])
    assert {file.name for file in names.unread} == {"data.py", "old.py"}
    assert set(names.used(PUBLIC)) == {"placeOrder"}


def test_what_python_thinks_of_the_code_is_not_written(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    code(tmp_path, "import ib_async\nx = '\\d'\n1 is 1\n")
    assert not recwarn.list


def test_what_comes_from_the_library_over_many_steps_is_the_librarys(tmp_path: Path) -> None:
    steps = 3000
    lines = [f"a{number} = a{number - 1}[0]" for number in range(steps, 0, -1)]
    names = code(tmp_path, "\n".join(["from ib_async import IB", *lines, "a0 = IB()", f"a{steps}.bid"]))
    assert "bid" in names.used(PUBLIC)


def test_the_names_of_the_arguments_of_each_call_are_known(tmp_path: Path) -> None:
    names = code(tmp_path, "import ib_async\nx.placeOrder(a, order=b)\ny.placeOrder(contract=c, **d)\nz()")
    assert dict(names.read.arguments) == {"placeOrder": {"order", "contract"}}
    assert names.read.lines == 4


@pytest.mark.parametrize("text", ["import pandas", ""])
def test_code_that_imports_no_library_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="ib_async"):
        code(tmp_path, text)


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        names_in([tmp_path / "nowhere"])
