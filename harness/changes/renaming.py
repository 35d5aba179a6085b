"""Renames the package that a program imports, in its source: ``ib_insync`` becomes ``ib_async``.

LibCST keeps every space and remark. What is no name of the package stays: attributes, keywords and words in texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

import libcst

from harness.changes.code_names import files_in
from harness.shared.errors import UsageError

_REQUIREMENTS = (
    *("requirements*.txt", "requirements*.in", "constraints*.txt", "pyproject.toml", "setup.cfg", "setup.py"),
    *("Pipfile", "environment.yml", "environment.yaml", "Dockerfile", "*.lock"),
)
"""Files that say which packages are installed; what they say is for a person to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What a rename changes.

    Args:
        edits: the new bytes of each file that changes, by its path.
        before: the bytes that it has.
        by_hand: lines of other files that name the old package.
        unread: Python files that could not be read, with the reason.
    """

    edits: Mapping[Path, bytes] = field(default_factory=dict)
    before: Mapping[Path, bytes] = field(default_factory=dict)
    by_hand: tuple[str, ...] = ()
    unread: Mapping[Path, str] = field(default_factory=dict)

    @property
    def diff(self) -> Iterator[str]:
        """The lines of the patch, as ``patch -p0 --binary`` takes them."""
        for path, data in self.edits.items():
            for line in unified_diff(_lines(self.before[path]), _lines(data), str(path), str(path)):
                yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", data.decode("utf-8", errors="replace"))


def renamed(paths: Iterable[Path], old: str, new: str) -> Patch:
    """Return what is to be changed so that a program imports another package.

    Args:
        paths: files and folders of the program.
        old: the name of the package.
        new: its new name.

    Raises:
        UsageError: a path is not there, or nothing imports the package.
    """
    edits, before, unread = {}, {}, {}
    named = list(paths)
    for file in (file for path in named for file in files_in(path)):
        try:
            data = file.read_bytes()
            if old.encode() not in data:
                continue
            changed = rename(data, old, new)
        except (libcst.ParserSyntaxError, ValueError, LookupError, RecursionError, OSError) as problem:
            unread[file] = f"{type(problem).__name__}: {problem}".splitlines()[0]
            continue
        if changed != data:
            edits[file], before[file] = changed, data
    if not edits:
        raise UsageError(f"nothing imports {old}", hint="Name the files or folders of your program.")
    return Patch(edits=edits, before=before, by_hand=tuple(_by_hand(named, old)), unread=unread)


def rename(source: bytes, old: str, new: str) -> bytes:
    """Rename a package in a source.

    Raises:
        ParserSyntaxError: it is no Python (of LibCST).
        ValueError, LookupError: it is not in the encoding that it names, or something else of it would change.
    """
    module = libcst.parse_module(source)
    if module.bytes != source:  # LibCST drops a form feed before code, for example
        raise ValueError("its spaces cannot all be kept; change it by hand")
    return module.visit(_Rename(old, new)).bytes


class _Rename(libcst.CSTTransformer):
    """Renames a package wherever it is meant: in imports, as a name, and in texts that are a module's name."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old, self._new = old, new
        self._text = re.compile(rf"(?P<before>^[rRuU]?['\"]){re.escape(old)}(?=[.'\"])(?P<after>[\w.]*['\"]$)")

    def leave_Name(  # noqa: N802 - LibCST calls it so
        self, original_node: libcst.Name, updated_node: libcst.Name
    ) -> libcst.BaseExpression:
        """Rename the package."""
        del original_node
        return updated_node.with_changes(value=self._new) if updated_node.value == self._old else updated_node

    def leave_Attribute(  # noqa: N802 - LibCST calls it so
        self, original_node: libcst.Attribute, updated_node: libcst.Attribute
    ) -> libcst.BaseExpression:
        """Leave what follows a point: it is something else of that name."""
        return updated_node.with_changes(attr=original_node.attr)

    def leave_ImportFrom(  # noqa: N802 - LibCST calls it so
        self, original_node: libcst.ImportFrom, updated_node: libcst.ImportFrom
    ) -> libcst.ImportFrom:
        """Leave what is imported from elsewhere: it is something else of that name."""
        return updated_node.with_changes(names=original_node.names)

    def leave_Arg(  # noqa: N802 - LibCST calls it so
        self, original_node: libcst.Arg, updated_node: libcst.Arg
    ) -> libcst.Arg:
        """Leave the names of arguments."""
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_SimpleString(  # noqa: N802 - LibCST calls it so
        self, original_node: libcst.SimpleString, updated_node: libcst.SimpleString
    ) -> libcst.BaseExpression:
        """Rename a module in a text, as in ``logging.getLogger("ib_insync.client")``."""
        del original_node
        return updated_node.with_changes(value=self._text.sub(rf"\g<before>{self._new}\g<after>", updated_node.value))


def _by_hand(paths: Iterable[Path], old: str) -> Iterator[str]:
    word = re.compile(rf"\b{re.escape(old).replace('_', '[-_]')}\b", re.IGNORECASE)
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    for file in sorted({file for folder in folders for glob in _REQUIREMENTS for file in folder.glob(glob)}):
        for number, line in enumerate(file.read_text("utf-8", errors="replace").splitlines(), start=1):
            if word.search(line):
                yield f"{file}:{number}: {line.strip()[:100]}"
