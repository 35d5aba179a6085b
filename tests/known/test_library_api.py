"""The names of the libraries' API and the requests of its methods, compared with the source of the real libraries."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from harness.known.library_api import Kind, library_api
from harness.wire.catalogue import catalogue
from harness.wire.message import Sender
from tests.rows import FAST_ROWS, LibraryRow, need_row

REQUESTS = {number: each.name for (sender, number), each in catalogue().by_id.items() if sender is Sender.CLIENT}
SAME = ("Async", "ProtoBuf")
"""What names end with that stand for the same as those without."""

Functions = Mapping[str, ast.AST]


def classes(file: Path) -> dict[str, ast.ClassDef]:
    return {each.name: each for each in ast.parse(file.read_bytes()).body if isinstance(each, ast.ClassDef)}


def functions(within: ast.ClassDef) -> dict[str, ast.AST]:
    found = (each for each in within.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return {each.name: each for each in found if not each.name.startswith("_")}


def after(function: ast.AST, owner: str) -> set[str]:
    """Give what follows a name and a point in a function."""
    nodes = (each for each in ast.walk(function) if isinstance(each, ast.Attribute))
    return {each.attr for each in nodes if ast.unparse(each.value) == owner}


def closed(calls: Functions, own: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Add what methods send by calling each other; give them without what only says how one waits."""
    found = {name: set(own[name]) for name in calls}
    while True:
        before = {name: set(sent) for name, sent in found.items()}
        for name, function in calls.items():
            found[name].update(*(found[other] for other in after(function, "self") & found.keys()))
        if found == before:
            break
    plain: dict[str, set[str]] = {}
    for name, sent in found.items():
        end = next((each for each in SAME if name.endswith(each) and name.removesuffix(each) in found), "")
        plain.setdefault(name.removesuffix(end), set()).update(sent)
    return plain


def sent_by_family(package: Path) -> dict[str, set[str]]:
    """Give what each method of ``IB`` sends: those of ``Client`` begin each message with its number."""
    client = functions(classes(package / "client.py")["Client"])
    numbers = {name: {REQUESTS[each] for each in beginnings(function)} for name, function in client.items()}
    ib = functions(classes(package / "ib.py")["IB"])
    own = {
        name: set().union(*(numbers.get(each, set()) for each in after(function, "self.client")))
        for name, function in ib.items()
    }
    return closed(ib, own)


def beginnings(function: ast.AST) -> Iterable[int]:
    for node in ast.walk(function):
        match node:
            case (
                ast.Call(func=ast.Attribute(attr="send"), args=[ast.Constant(value=int(number)), *_])
                | ast.Assign(value=ast.List(elts=[ast.Constant(value=int(number)), *_]))
            ):
                yield number
            case _:
                pass


def sent_by_ibapi(package: Path) -> dict[str, set[str]]:
    """Give what each method of ``EClient`` sends: each names its message."""
    names = {
        ast.unparse(each.targets[0]): each.value.value
        for each in classes(package / "message.py")["OUT"].body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant)
    }
    client = functions(classes(package / "client.py")["EClient"])
    own = {
        name: {REQUESTS[int(str(names[each]))] for each in after(function, "OUT") & names.keys()}
        for name, function in client.items()
    }
    return closed(client, own)


@pytest.fixture(name="row", params=sorted(FAST_ROWS), scope="module")
def rows_of_the_fast_loop(request: pytest.FixtureRequest) -> LibraryRow:
    return need_row(request.param)


@pytest.fixture(name="package", scope="module")
def source_of_the_library(row: LibraryRow) -> Path:
    (found,) = (row.python.absolute().parent.parent / "lib").glob(f"python*/site-packages/{row.adapter}")
    return found


def test_each_method_sends_what_the_table_says(row: LibraryRow, package: Path) -> None:
    """Nothing more and nothing less, but for what cancels a request that nobody waits for any more."""
    sent = sent_by_ibapi(package) if row.adapter == "ibapi" else sent_by_family(package)
    told = {name: {*library_api().requests(name, {row.adapter})} for name in sent}
    for name, requests in sent.items():
        cancels = {each for each in requests if each.startswith("cancel_") and len(requests) > 1}
        assert requests - cancels <= told[name], name
    assert {name for name, requests in told.items() if requests - sent[name] - {"start_api"}} == set()
    family = row.adapter != "ibapi"
    assert {name for name in sent if family or sent[name]} <= library_api().names[Kind.METHOD]


def test_no_name_of_the_library_is_missing(row: LibraryRow, package: Path) -> None:
    names = library_api().names
    if row.adapter == "ibapi":
        callbacks = functions(classes(package / "wrapper.py")["EWrapper"])
        assert {each for each in callbacks if not each.endswith("ProtoBuf")} <= names[Kind.CALLBACK]
        fields = set_in_init(classes(package / "order.py")["Order"]) | set_in_init(
            classes(package / "contract.py")["Contract"]
        )
    else:
        assert set(re.findall(r"\w+Event\b", (package / "ib.py").read_text("utf-8"))) <= names[Kind.EVENT] | {"Event"}
        fields = declared(classes(package / "order.py")["Order"]) | declared(
            classes(package / "contract.py")["Contract"]
        )
        public = classes(package / "contract.py").keys() | classes(package / "order.py").keys()
        assert {each for each in public if not each.startswith("_")} <= names[Kind.CLASS]
    assert len(fields) > 100
    assert fields <= names[Kind.FIELD]


def declared(within: ast.ClassDef) -> set[str]:
    found = (each for each in within.body if isinstance(each, ast.AnnAssign) and "ClassVar" not in ast.unparse(each))
    return {ast.unparse(each.target) for each in found}


def set_in_init(within: ast.ClassDef) -> set[str]:
    found = ast.walk(within)
    return {
        each.attr
        for each in found
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) and ast.unparse(each.value) == "self"
    }


def test_all_requests_of_the_table_are_in_the_catalogue() -> None:
    api = library_api()
    named = {request for table in (api.sends, api.ibapi) for requests in table.values() for request in requests}
    assert named <= set(REQUESTS.values())
    assert len(named) > 70


def test_connecting_sends_less_with_ibapi() -> None:
    assert library_api().requests("connect", {"ibapi"}) == ("start_api",)
    assert "req_positions" in library_api().requests("connect", {"ib_async", "ibapi"})
