"""Every file and folder that the documents name exists, and so does every heading that they link to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    ROOT / "adapters",
    *sorted(folder for folder in (ROOT / "harness").iterdir() if (folder / "__init__.py").exists()),
)
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("docker/*.md"),
        *ROOT.glob("results/*.md"),
        *(ROOT / "harness").glob("**/README.md"),
        ROOT / "adapters" / "README.md",
    }
)
OF_THEIR_DAY = ("CHANGELOG.md", "docs/decisions/")
"""Pages that tell what was: what they name may have moved since."""

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
FROM_THE_ROOT = re.compile(r"`((?:adapters|docker|docs|findings|harness|matrices|tests|\.ci|\.github)/[\w./*-]*)`")
BESIDE = re.compile(r"`([\w-]+(?:/[\w-]+)*(?:/|\.py|\.toml))`")


def name(page: Path) -> str:
    """Name a page as the repository does."""
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Give the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        target, _, anchor = link.partition("#")
        if "://" in link:
            continue
        to = (page.parent / target).resolve() if target else page
        if not to.exists() or (anchor and anchor not in anchors(to)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", [page for page in PAGES if not name(page).startswith(OF_THEIR_DAY)], ids=name)
def test_every_path_from_the_root_exists(page: Path) -> None:
    named = FROM_THE_ROOT.findall(page.read_text("utf-8"))
    assert [path for path in named if not any(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("room", ROOMS, ids=name)
def test_every_room_has_a_page_that_names_what_is_in_it(room: Path) -> None:
    page = room / "README.md"
    named = BESIDE.findall(page.read_text("utf-8"))
    assert [path for path in named if not (room / path).exists() and not (ROOT / path).exists()] == []
    assert any((room / path).exists() for path in named)
