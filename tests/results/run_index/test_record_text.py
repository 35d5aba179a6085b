"""Records as words and numbers, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results.results_json import json_data, json_text
from harness.results.results_model import CellInfo, GatewayInfo, PlanInfo, RuleInfo, RunInfo
from harness.results.run_index.record_text import data_of, record_of, words_and_numbers

if TYPE_CHECKING:
    from tests.conftest import Maker

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_DATA = st.recursive(_LEAVES, lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(), some, max_size=4))


@given(data=_DATA)
def test_any_json_comes_back(data: Any) -> None:
    again = data_of(*words_and_numbers(json.dumps(data, ensure_ascii=False)))
    assert json.dumps(again) == json.dumps(data), "a whole number stays whole, 1.0 does not become 1"


@given(numbers=st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2))
def test_what_differs_in_numbers_alone_has_the_same_words(numbers: list[int | float]) -> None:
    first, second = ({"text": "1.5 and NaN", "seconds": float(number), "rest": [7]} for number in numbers)
    assert words_and_numbers(json.dumps(first))[0] == words_and_numbers(json.dumps(second))[0]


@pytest.mark.parametrize("numbers", ["", "1", "1 2 3", "one 2"])
def test_numbers_that_do_not_fit_the_words_are_refused(numbers: str) -> None:
    words, _ = words_and_numbers('{"a": 1, "b": 2.5}')
    with pytest.raises(ValueError, match=r"numbers for|Expecting value"):
        data_of(words, numbers)


def test_every_record_of_a_run_comes_back(make: Maker) -> None:
    results = make.results()
    kinds: list[tuple[Any, Any]] = [(RunInfo, results.run), (PlanInfo, results.plan)]
    kinds += [(GatewayInfo, each) for each in results.gateways.values()]
    kinds += [(CellInfo, each) for each in results.cells.values()]
    kinds += [(list[RuleInfo], results.expectations)]
    for kind, record in kinds:
        assert record_of(kind, json.loads(json_text(record))) == record


def test_a_key_that_is_not_there_has_its_default(make: Maker) -> None:
    results = make.results()
    data = json_data(results.run)
    for name in ("interrupted", "unfinished", "parts"):
        del data[name]
    assert record_of(RunInfo, data) == results.run


def test_a_key_that_must_be_there_is_missed() -> None:
    with pytest.raises(TypeError, match="started"):
        record_of(RunInfo, {"id": "x"})
