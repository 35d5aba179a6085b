"""What an index says of a package, in both of its languages."""

from __future__ import annotations

import pytest

from harness.results.decide.package_index import PYPI, IndexUnreachableError, Release, index_url, read_releases
from harness.shared.errors import UsageError
from tests.indexes import as_json, serving

HTML = """<!DOCTYPE html><html><body><h1>Links for ib_async</h1>
<a href="../ib_async-1.0.0.tar.gz#sha256=00" data-upload-time="2024-03-19T04:28:22Z">ib_async-1.0.0.tar.gz</a><br/>
<a href="../b.whl" data-upload-time="2024-03-18T04:28:22Z">ib_async-1.0.0-py3-none-any.whl</a><br/>
<a href="../c.whl" data-yanked="broken">ib_async-1.0.1-py3-none-any.whl</a><br/>
<a href="../d.whl" data-yanked="">ib_async-1.0.2-py3-none-any.whl</a><br/>
<a href="../e.exe">ib_async-1.0.2.win32.exe</a><br/>
</body></html>"""


def told(releases: tuple[Release, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(str(each.version), each.uploaded, each.withdrawn) for each in releases]


def test_json_is_read() -> None:
    page = as_json(
        {"filename": "ib_async-1.10.0-py3-none-any.whl", "yanked": False, "upload-time": "2026-01-02T03:04:05.6Z"},
        {"filename": "ib_async-1.9.0.tar.gz", "yanked": "wrong version"},
        {"filename": "ib_async-1.9.1.tar.gz", "yanked": True},
    )
    with serving({"ib-async": page}) as index:
        found = told(read_releases(index, "ib_async"))
    assert found == [("1.9.0", None, "wrong version"), ("1.9.1", None, ""), ("1.10.0", "2026-01-02", None)]


def test_html_is_read() -> None:
    with serving({"ib-async": (200, "text/html; charset=utf-8", HTML)}) as index:
        found = told(read_releases(index, "ib_async"))
    assert found == [("1.0.0", "2024-03-18", None), ("1.0.1", None, "broken"), ("1.0.2", None, "")]


def test_a_version_is_withdrawn_only_when_every_file_of_it_is() -> None:
    page = as_json(
        {"filename": "ib_async-1.0.0-py3-none-any.whl", "yanked": True},
        {"filename": "ib_async-1.0.0.tar.gz", "yanked": False},
    )
    with serving({"ib-async": page}) as index:
        assert told(read_releases(index, "ib_async")) == [("1.0.0", None, None)]


def test_a_package_that_it_does_not_know_has_no_versions() -> None:
    with serving({}) as index:
        assert read_releases(index, "ib_async") == ()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ((503, "text/plain", "later"), "HTTP 503"),
        ((200, "application/json", "<html>"), "not a package index"),
        ((200, "application/json", '{"name": "ib_async"}'), "not a package index"),
    ],
)
def test_an_answer_that_is_none_is_not_taken_for_an_empty_index(page: tuple[int, str, str], words: str) -> None:
    with serving({"ib-async": page}) as index, pytest.raises(IndexUnreachableError, match=words) as caught:
        read_releases(index, "ib_async")
    assert caught.value.exit_code == 3


def test_an_index_that_is_not_there_is_said() -> None:
    with serving({}) as gone:
        pass
    with pytest.raises(IndexUnreachableError, match="cannot be read"):
        read_releases(gone, "ib_async")


def test_the_index_is_the_named_one_or_the_installers_or_pypi(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    assert index_url(None) == PYPI
    monkeypatch.setenv("PIP_INDEX_URL", "https://pypi.example.org/simple/")
    assert index_url(None) == "https://pypi.example.org/simple"
    assert index_url("http://127.0.0.1:1/simple") == "http://127.0.0.1:1/simple"
    with pytest.raises(UsageError, match="is not the address of an index"):
        index_url("file:///etc/passwd")
