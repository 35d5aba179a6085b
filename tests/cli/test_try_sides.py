"""What ``ib-compat try`` compares, by what is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.try_sides import sides_of, words_of
from harness.run.programs.elsewhere import Elsewhere
from harness.run.programs.environments import rows_of
from harness.run.programs.trying import Replay
from harness.shared.errors import IbCompatError, UsageError
from tests.recordings.simulated import file_of

OLD, NEW = "ib_async==1.0.3", "ib_async==2.1.0"


@pytest.mark.parametrize(
    ("today", "then", "sides"),
    [
        ((), (), [("gateway-10.37", ""), ("gateway-10.51", "")]),
        (("10.30",), ("tws-10.45", "10.50"), [("10.30", ""), ("tws-10.45", ""), ("10.50", "")]),
        ((OLD,), (NEW,), [("gateway-10.51", OLD), ("gateway-10.51", NEW)]),
        (("10.37", OLD), (NEW,), [("10.37", OLD), ("10.37", NEW)]),
        ((OLD,), ("10.45", NEW, OLD), [("gateway-10.37", OLD), ("10.45", NEW), ("10.45", OLD)]),
    ],
)
def test_libraries_are_compared_at_one_gateway_if_no_other_is_named(
    today: tuple[str, ...], then: tuple[str, ...], sides: list[tuple[str, str]]
) -> None:
    assert [(each.gateway, each.library) for each in words_of(today, then)] == sides


@pytest.mark.parametrize(
    ("today", "then"), [(("10.37", "10.45"), ()), ((OLD, NEW), ()), ((OLD,), ("10.45",)), ((), (NEW,))]
)
def test_today_is_one_gateway_and_one_library_and_a_library_is_on_both_sides(
    today: tuple[str, ...], then: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError):
        words_of(today, then)


def test_a_side_is_not_compared_with_itself() -> None:
    with pytest.raises(UsageError):
        sides_of(words_of(("10.45",), ("gateway-10.45",)), {})


def test_a_version_may_play_a_scenario() -> None:
    ordinary, read_only = sides_of(words_of(("10.45",), ("10.45:read-only",)), {})
    assert (ordinary.called, read_only.called) == ("gateway-10.45", "gateway-10.45:read-only")


def test_a_gateway_of_one_s_own_is_compared_with_such_ones_only() -> None:
    one, other = sides_of(words_of(("127.0.0.1:4002", OLD), (NEW,)), {}, orders=True)
    assert isinstance(one.gateway, Elsewhere)
    assert (one.gateway, one.called, one.gateway.orders) == (other.gateway, "127.0.0.1:4002", True)
    for word in ("10.51", str(file_of("gateway-10.45"))):
        with pytest.raises(UsageError, match="of your own"):
            sides_of(words_of(("127.0.0.1:4002",), (word,)), {})


def test_a_recording_is_not_compared_with_a_simulated_gateway() -> None:
    recording = str(file_of("gateway-10.45"))
    for word in ("10.51", str(file_of("gateway-10.30"))):
        with pytest.raises(UsageError, match="recording"):
            sides_of(words_of((recording,), (word,)), {})
    one, other = sides_of(words_of((recording, OLD), (NEW,)), {})
    assert one.gateway == other.gateway == Replay(file=Path(recording))


@pytest.mark.parametrize("name", ["10.99", "none.ibrec", "10.45:nothing-of-the-kind"])
def test_a_gateway_that_is_not_there_is_said(name: str) -> None:
    with pytest.raises(IbCompatError, match=name.rpartition(":")[2]):
        sides_of(words_of((), (name,)), {})


def test_the_library_that_is_tried_takes_the_place_of_the_one_that_the_file_pins(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("ib-async==2.0.1\nnumpy>=1.26\npandas==2.2.0\n-e .\n", encoding="utf-8")
    (row,) = rows_of(["ib_async==1.0.3"], file, ["tzdata"]).values()
    assert row.requirements == ("ib_async==1.0.3", "numpy>=1.26", "pandas==2.2.0", "tzdata")


def test_a_library_alone_has_the_environment_of_its_row_in_the_matrix() -> None:
    (row,) = rows_of(["ib_async==1.0.3"], None, ()).values()
    assert row.requirements == ("ib_async==1.0.3",)
    assert row.environment.startswith("ib_async-1-0-3-py3-")
