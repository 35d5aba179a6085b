"""Data inside the page: nothing of it can end its element, and all of it comes back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.views.page.page_table import Strings, shown
from harness.views.page.write import as_json, policy, source_hash
from tests.views.page.making import HOSTILE

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@given(DOCUMENTS)
def test_it_parses_back_to_the_same(document: object) -> None:
    assert json.loads(as_json(document)) == document


@given(st.text(alphabet="<>&!-/scriptSCRIPT\u2028\u2029 "))
def test_nothing_in_it_is_markup(text: str) -> None:
    assert not set(as_json({text: [text]})) & set("<>&\u2028\u2029")


def test_a_number_that_json_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(float("nan"))


def test_what_is_shown_moves_nothing() -> None:
    text = shown(f"{HOSTILE}\ud800\ttab")
    assert not set(text) & set("\u2028\u2029\u202e\x00\x1b\ud800\t")
    assert text.endswith("    tab")


def test_a_text_is_kept_once() -> None:
    strings = Strings()
    assert [strings.text("a"), strings.text("b"), strings.text("a"), strings.text(None)] == [0, 1, 0, None]
    assert strings.values == ["a", "b"]


def test_the_policy_allows_this_script_and_style_and_nothing_from_anywhere() -> None:
    allowed = policy(script="alert(1)", style="p {}")
    assert f"script-src {source_hash('alert(1)')};" in allowed
    assert f"style-src {source_hash('p {}')};" in allowed
    assert allowed.startswith("default-src 'none'")
    assert "unsafe" not in allowed


def test_the_hash_is_what_browsers_reckon() -> None:
    # From the specification's own example: https://www.w3.org/TR/CSP3/#external-hash
    assert source_hash("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
