"""What ``ib-compat try`` compares, by what is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.try_sides import Words, gateways_of, rows_of, words_of
from harness.shared.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ((), Words()),
        (("10.37",), Words(gateway="10.37")),
        (("ib_async==1.0.3", "tws-10.45"), Words(gateway="tws-10.45", library="ib_async==1.0.3")),
    ],
)
def test_gateways_and_libraries_are_told_apart(typed: tuple[str, ...], words: Words) -> None:
    assert words_of("--today", typed) == words


@pytest.mark.parametrize("typed", [("10.37", "10.45"), ("ib_async==1.0.3", "ib_async==2.1.0")])
def test_one_side_is_one_gateway_and_one_library(typed: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=typed[1]):
        words_of("--today", typed)


OLD, NEW = Words(library="ib_async==1.0.3"), Words(library="ib_async==2.1.0")


@pytest.mark.parametrize(
    ("today", "then", "gateways"),
    [
        (Words(), Words(), ("gateway-10.37", "gateway-10.51")),
        (Words(gateway="10.30"), Words(gateway="tws-10.45"), ("gateway-10.30", "tws-10.45")),
        (OLD, NEW, ("gateway-10.51", "gateway-10.51")),
        (Words(gateway="10.37", library=OLD.library), NEW, ("gateway-10.37", "gateway-10.37")),
        (OLD, Words(gateway="10.45", library=NEW.library), ("gateway-10.37", "gateway-10.45")),
    ],
)
def test_libraries_are_compared_at_one_gateway_if_no_other_is_named(
    today: Words, then: Words, gateways: tuple[str, str]
) -> None:
    assert tuple(profile.name for profile in gateways_of(today, then)) == gateways


@pytest.mark.parametrize("words", [Words(gateway="10.45"), OLD])
def test_a_side_is_not_compared_with_itself(words: Words) -> None:
    with pytest.raises(UsageError):
        gateways_of(words, words)


def test_the_library_that_is_tried_takes_the_place_of_the_one_that_the_file_pins(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("ib-async==2.0.1\nnumpy>=1.26\npandas==2.2.0\n-e .\n", encoding="utf-8")
    (row,) = rows_of(["ib_async==1.0.3"], file, ["tzdata"]).values()
    assert row.requirements == ("ib_async==1.0.3", "numpy>=1.26", "pandas==2.2.0", "tzdata")


def test_a_library_alone_has_the_environment_of_its_row_in_the_matrix() -> None:
    (row,) = rows_of(["ib_async==1.0.3"], None, ()).values()
    assert row.requirements == ("ib_async==1.0.3",)
    assert row.environment.startswith("ib_async-1-0-3-py3-")
