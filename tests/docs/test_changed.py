"""The pages that hold what changes between two versions hold what the command says today."""

from __future__ import annotations

import pytest

from harness.changes.answering import changes_of
from harness.plan.matrix.rows import running_python
from tests.changes.sides import all_of, play_all, side
from tests.docs.changed import PAGES, day_of, packages_in, parts, played, said
from tests.docs.test_paths import name

pytestmark = pytest.mark.slow

HELD = [(page, *part) for page in PAGES for part in parts(page)]


def test_all_pages_hold_some() -> None:
    assert {page for page, *_ in HELD} == set(PAGES)


@pytest.mark.parametrize(
    ("page", "before", "after", "held"),
    HELD,
    ids=[f"{name(page)} {before} {after}" for page, before, after, _ in HELD],
)
def test_a_page_holds_what_the_command_says(page: object, before: str, after: str, held: str) -> None:
    """Else ``python -m tests.docs.changed`` makes it anew."""
    del page
    if f"Python {running_python()}, " not in held:
        pytest.skip("it was made on another Python")
    text = said(before, after, day_of(held))
    if packages_in(held) and packages_in(held) != packages_in(text):
        pytest.skip(f"it was made with other packages than {packages_in(text)}")
    assert day_of(held)
    assert held == text


@pytest.mark.parametrize("library", ["ib_async==2.1.0", "ibapi-latest==10.51.1"])
def test_nothing_changes_between_a_version_and_itself(library: str) -> None:
    """So whatever differs is the libraries' making. A part is enough: the pages would differ from run to run, too."""
    some = slice(None, None, 4)
    again = play_all(library, some)
    first = (side(library), played(library)[some])
    same = changes_of(first, (side(library), again), all_of(library)[some])
    assert same.changes == ()
    assert same.not_known == ()
