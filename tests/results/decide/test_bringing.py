"""What brings a library along is named, whoever says so, and never passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.results.decide.bringing import Looked, look_up
from harness.results.decide.libraries import adapters, related, unrelated
from harness.results.decide.libraries_used import Used
from harness.results.decide.requirement_files import read_used
from harness.results.decide.row_judging import Standing
from harness.results.decide.upgrade_answer import Outcome
from harness.views.terminal.style import Style
from harness.views.terminal.upgrade_page import draw_upgrade
from tests.conftest import ENDED
from tests.indexes import JSON, Page, as_json, serving, wheel
from tests.results.decide.making import MATRIX, PYTHON, Making, making, upgraded

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["making"]

NOWHERE = "http://127.0.0.1:9/simple"
"""The port for discarding: nothing listens there."""


def using(name: str, version: str | None = "1.0", **more: object) -> Used:
    specifier = f"=={version}" if version else ""
    return Used(name=name, version=version, specifier=specifier, place="requirements.txt:1", **more)  # type: ignore[arg-type]


def pages(name: str, *files: str, requires: tuple[str, ...] = (), size: int | None = None) -> dict[str, Page]:
    """An index that has one wheel of a package."""
    file = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    said = {} if size is None else {"size": size}
    return {
        name: as_json({"filename": file, "url": f"../../files/{file}", **said}),
        file: (200, "application/octet-stream", wheel(*files, requires=requires)),
    }


def looked(*used: Used, index: str = NOWHERE) -> Looked:
    return look_up(used, index, python=PYTHON)


def test_what_is_known_needs_no_index() -> None:
    found = looked(using("python-ibapi-stable"), using("thetagang"), using("ib-async"), using("numpy"))
    assert [(each.used.name, each.brings and (each.brings.installs, each.brings.uses)) for each in found.bringers] == [
        ("python-ibapi-stable", (("ibapi",), ())),
        ("thetagang", ((), ("ib-async",))),
    ]
    assert not found.unseen


def test_data_are_normalised_and_speak_of_each_package_once() -> None:
    kinds = (set(adapters()), set(related()), set(unrelated()))
    assert sum(map(len, kinds)) == len(set.union(*kinds))
    assert all(name == name.lower().replace("_", "-") for kind in kinds for name in kind)
    for brings in related().values():
        assert set(brings.installs) <= set(adapters().values())
        assert set(brings.uses) <= set(adapters())
        assert bool(brings.installs) != bool(brings.uses)


@pytest.mark.parametrize(
    ("files", "requires", "extras", "installs", "uses"),
    [
        (("ibapi/__init__.py", "ibapi/client.py"), (), (), ("ibapi",), ()),
        (("ib_insync.py",), (), (), ("ib_insync",), ()),
        (("mine/__init__.py",), ("IB_Async>=2",), (), (), ("ib-async",)),
        (("mine/__init__.py",), ('ibapi; extra == "ib"',), (), None, None),
        (("mine/__init__.py",), ('ibapi; extra == "ib"',), ("ib",), (), ("ibapi",)),
        (("mine/__init__.py",), ('ibapi; python_version < "3.9"',), (), None, None),
        (("mine/__init__.py",), ("python-ibapi-stable",), (), (), ("python-ibapi-stable",)),
        (("mine/ibapi/__init__.py",), ("numpy", "not a requirement !"), (), None, None),
    ],
)
def test_the_index_says_what_a_package_brings(
    files: tuple[str, ...],
    requires: tuple[str, ...],
    extras: tuple[str, ...],
    installs: tuple[str, ...] | None,
    uses: tuple[str, ...] | None,
) -> None:
    with serving(pages("some-bot", *files, requires=requires)) as index:
        found = looked(using("some-bot", extras=frozenset(extras)), index=index)
    said = [(each.brings.installs, each.brings.uses) for each in found.bringers if each.brings]
    assert said == ([] if installs is None else [(installs, uses)])
    assert not found.unseen


def test_of_a_large_file_the_metadata_beside_it_is_read() -> None:
    page = {"filename": "some_bot-1.0-py3-none-any.whl", "url": "some.whl", "size": 1 << 30, "core-metadata": True}
    metadata = "Name: some-bot\nVersion: 1.0\nRequires-Dist: ib_insync\n"
    with serving({"some-bot": as_json(page), "some.whl.metadata": (200, JSON, metadata)}) as index:
        (found,) = looked(using("some-bot"), index=index).bringers
    assert found.brings is not None
    assert found.brings.uses == ("ib-insync",)


def test_without_the_index_a_telling_name_is_not_known_and_others_are_said() -> None:
    found = looked(using("my-ibapi"), using("ibkr-tools"), using("some-bot"))
    assert [(each.used.name, each.brings) for each in found.bringers] == [("my-ibapi", None), ("ibkr-tools", None)]
    assert list(found.unseen) == ["some-bot"]


def test_an_extra_with_a_telling_name_that_nobody_can_look_up_is_not_known() -> None:
    found = looked(using("nautilus-trader", extras=frozenset({"ib"})), using("some-bot", extras=frozenset({"fast"})))
    assert [(each.used.name, each.brings) for each in found.bringers] == [("nautilus-trader", None)]


def test_what_comes_from_elsewhere_than_an_index_makes_the_whole_not_known(making: Making, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("ib_async==2.1.0\n-e vendor/ibapi\n", encoding="utf-8")
    upgrade = upgraded(making.evidence(making.run()), read_used(file, python=PYTHON))
    assert upgrade.standing is Standing.UNKNOWN
    assert [answer.outcome for answer in upgrade.answers] == [Outcome.WORKS, Outcome.UNKNOWN]
    assert "requirements.txt:2" in upgrade.answers[1].why


def test_what_an_index_cannot_show_is_not_taken_for_nothing() -> None:
    with serving({}) as index:
        found = looked(using("my-ibapi"), using("some-bot"), index=index)
    assert [each.used.name for each in found.bringers] == ["my-ibapi"]
    assert list(found.unseen) == ["some-bot"]


def test_a_lock_says_who_uses_what_and_whose_a_package_is(tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text(
        """
[[package]]
name = "my-ibkr-bot"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "some-bot" }, { name = "ib-async" }]

[[package]]
name = "some-bot"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "ib-async" }]

[[package]]
name = "ib-async"
version = "2.1.0"

[[package]]
name = "plain"
version = "3"
""",
        encoding="utf-8",
    )
    found = looked(*read_used(lock, python=PYTHON))
    assert [each.used.name for each in found.bringers] == ["some-bot"]
    assert not found.unseen


@pytest.mark.parametrize(
    ("name", "dependencies"),
    [
        ("pdm.lock", 'dependencies = ["ib-async>=2"]'),
        ("poetry.lock", '[package.dependencies]\nib-async = ">=2"'),
    ],
)
def test_every_kind_of_lock_is_understood(tmp_path: Path, name: str, dependencies: str) -> None:
    (tmp_path / name).write_text(f'[[package]]\nname = "some-bot"\nversion = "1.0"\n{dependencies}\n', encoding="utf-8")
    (bringer,) = looked(*read_used(tmp_path / name, python=PYTHON)).bringers
    assert bringer.brings is not None
    assert bringer.brings.uses == ("ib-async",)


def test_a_lock_of_uv_says_what_an_extra_uses(tmp_path: Path) -> None:
    other = '[[package]]\nname = "other"\nversion = "1"\ndependencies = [{{ name = "numpy" }}]\n'
    lock = other + '[[package]]\nname = "some-trader"\nversion = "1"\n{}\n'
    for more, expected in (('optional-dependencies.live = [{ name = "nautilus-ibapi" }]', ["some-trader"]), ("", [])):
        (tmp_path / "uv.lock").write_text(lock.format(more), encoding="utf-8")
        assert [each.used.name for each in looked(*read_used(tmp_path / "uv.lock", python=PYTHON)).bringers] == expected


def test_a_lock_that_does_not_say_who_uses_what_is_looked_up(tmp_path: Path) -> None:
    lock = '[[packages]]\nname = "some-bot"\nversion = "1.0"\n'
    (tmp_path / "pylock.toml").write_text(lock, encoding="utf-8")
    with serving(pages("some-bot", "mine.py", requires=("ib-async",))) as index:
        found = looked(*read_used(tmp_path / "pylock.toml", python=PYTHON), index=index)
    assert [each.used.name for each in found.bringers] == ["some-bot"]


BOT = [using("ib-async", "2.1.0"), using("thetagang", "2.1.1"), using("python-ibapi-stable", "10.30.1")]


def test_it_is_never_safe_over_what_nobody_measured(making: Making) -> None:
    evidence = making.evidence(making.run())
    upgrade = upgraded(evidence, BOT, looked=looked(*BOT))
    assert upgrade.standing is Standing.UNKNOWN
    assert [(each.library, each.outcome) for each in upgrade.answers] == [
        ("ib_async 2.1.0", Outcome.WORKS),
        ("thetagang 2.1.1", Outcome.UNKNOWN),
        ("python-ibapi-stable 10.30.1", Outcome.UNKNOWN),
    ]


def test_what_to_add_to_the_matrix_file_makes_it_known(making: Making) -> None:
    upgrade = upgraded(making.evidence(making.run()), BOT, looked=looked(*BOT))
    tables = ["\n".join(line for line in each.measure if line.startswith("  ")) for each in upgrade.answers[1:]]
    more = "\n".join(tables)
    head, gateways = MATRIX[: MATRIX.index("[[gateway]]")], MATRIX[MATRIX.index("[[gateway]]") :]
    after = upgraded(making.evidence(making.run(matrix=f"{head}{more}\n{gateways}")), BOT, looked=looked(*BOT))
    assert after.standing is Standing.WORKS
    assert {each.row.library for each in after.answers if each.row} == {
        "ib-async-with-thetagang",
        "python-ibapi-stable",
    }


def test_what_could_not_be_looked_up_is_said_beside_the_answer(making: Making) -> None:
    used = [using("ib-async", "2.1.0"), using("some-bot")]
    upgrade = upgraded(making.evidence(making.run()), used, looked=looked(*used))
    page = draw_upgrade(upgrade, now=ENDED, width=200, style=Style())
    assert upgrade.standing is Standing.WORKS
    assert "as far as it could be looked up" in page
    assert "some-bot" in page
