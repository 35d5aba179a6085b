"""Every Python example of the how-to pages is a test, and passes with the real library that it imports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pytest_plugin.projects import Project

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LIBRARIES = {"ib_async": "ib_async==2.1.0", "ib_insync": "ib_insync==0.9.86", "ibapi": "ibapi-latest==10.51.1"}
EXAMPLES = [
    pytest.param(block, id=f"{page.stem}: {re.findall(r'def (test_[a-z_]+)', block)}")
    for page in sorted(ROOT.glob("docs/how-to/*.md"))
    for block in FENCE.findall(page.read_text("utf-8"))
]


def library_of(example: str) -> str | None:
    """Give the row of the library that an example imports; ``None`` without one."""
    imported = re.findall(r"^(?:from|import) (\w+)", example, re.MULTILINE)
    return next((LIBRARIES[name] for name in imported if name in LIBRARIES), None)


def test_there_is_an_example_for_each_library() -> None:
    assert {library_of(str(example.values[0])) for example in EXAMPLES} == {None, *LIBRARIES.values()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_passes(example: str, tmp_path: Path) -> None:
    done = Project(tmp_path, library_of(example), {"test_example.py": example}).run("-W", "error")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
