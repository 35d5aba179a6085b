"""Rows: what the environment builder reads from a matrix file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.plan.matrix.rows import LIBRARY_KEYS, Row, read_rows, rows_of
from harness.plan.matrix.tables import LibraryTable
from harness.shared.errors import MatrixError

FILE = Path("here", "mine.toml")


def rows(*libraries: dict[str, Any], **document: Any) -> tuple[Row, ...]:
    return rows_of({"library": list(libraries), **document}, FILE, host_python="3.11")


def test_each_version_on_each_python_is_a_row() -> None:
    made = rows({"adapter": "ib_async", "versions": ["2.1.0", "2.0.1"], "pythons": ["3.10", "3.13"]})

    assert [row.id for row in made] == [
        "ib_async==2.1.0/py3.10",
        "ib_async==2.1.0/py3.13",
        "ib_async==2.0.1/py3.10",
        "ib_async==2.0.1/py3.13",
    ]


def test_a_library_without_pythons_gets_the_one_that_runs() -> None:
    (row,) = rows_of({"library": [{"adapter": "ib_async", "versions": ["2.1.0"]}]}, FILE)

    assert row.python == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_pythons_of_the_defaults_hold_for_libraries_that_name_none() -> None:
    made = rows(
        {"adapter": "ib_async", "versions": ["2.1.0"]},
        {"adapter": "ib_insync", "versions": ["0.9.86"], "pythons": ["host"]},
        defaults={"pythons": ["3.12", "3.14t"]},
    )

    assert [row.python for row in made] == ["3.12", "3.14t", "3.11"]


def test_requirements_are_the_exact_version_and_the_extras() -> None:
    (row,) = rows(
        {
            "adapter": "ibapi",
            "distribution": "nautilus-ibapi",
            "versions": ["10.45.1"],
            "extra": ["protobuf>=5.29.5"],
        }
    )

    assert row.requirements == ("nautilus-ibapi==10.45.1", "protobuf>=5.29.5")
    assert row.id == "nautilus-ibapi==10.45.1/py3.11"
    assert row.environment == "nautilus-ibapi-10-45-1-py3-11"


def test_latest_is_left_to_the_installer() -> None:
    (row,) = rows({"adapter": "ibapi", "distribution": "ibapi-latest", "versions": ["latest"]})

    assert row.requirements == ("ibapi-latest",)
    assert row.id == "ibapi-latest==latest/py3.11"


def test_what_the_user_brings_is_a_row_too() -> None:
    made = rows({"adapter": "ibapi", "git": "https://example.org/it@main", "extra": ["protobuf>=5.29.5"]})

    assert [(row.id, row.requirements) for row in made] == [
        ("ibapi==main/py3.11", ("ibapi @ git+https://example.org/it@main", "protobuf>=5.29.5"))
    ]


def test_what_the_user_brings_can_be_given_a_version() -> None:
    (row,) = rows({"adapter": "ibapi", "wheel": "mine.whl", "version": "10.46.1"})

    assert row.library == "ibapi==10.46.1"
    assert row.requirements == (str(FILE.parent.resolve() / "mine.whl"),)


def test_a_name_tells_two_installations_of_one_version_apart() -> None:
    plain = {"adapter": "ibapi", "versions": ["9.81.1"]}

    assert [row.name for row in rows(plain, {**plain, "name": "bare"})] == ["ibapi", "bare"]


@pytest.mark.parametrize(
    ("library", "complaint"),
    [
        ({"adapter": "ib_asink", "versions": ["1"]}, r"adapter: 'ib_asink' is unknown; expected one of ib_async"),
        ({"versions": ["1"]}, r"adapter: is missing"),
        ({"adapter": 3, "versions": ["1"]}, r"adapter: 3: expected a string"),
        ({"adapter": "ibapi", "verisons": ["1"]}, r"unknown key 'verisons'; did you mean 'versions'\?"),
        ({"adapter": "ibapi"}, r"expected exactly one of versions, wheel, source, zip, git; found none"),
        ({"adapter": "ibapi", "versions": ["1"], "git": "x"}, r"expected exactly one of .*; found versions and git"),
        ({"adapter": "ibapi", "versions": "1"}, r"versions: '1': expected a list of strings"),
        ({"adapter": "ibapi", "versions": []}, r"versions: \[\]: expected a list"),
        ({"adapter": "ibapi", "versions": [1]}, r"versions: \[1\]: expected a list of strings"),
        ({"adapter": "ibapi", "versions": [">=1"]}, r"versions: '>=1': expected an exact version"),
        ({"adapter": "ibapi", "versions": ["1; x"]}, r"versions: '1; x': expected an exact version"),
        ({"adapter": "ibapi", "versions": ["1"], "version": "2"}, r"version: .*use 'versions'"),
        ({"adapter": "ibapi", "versions": ["1"], "pythons": ["3"]}, r"pythons: '3': expected a version such as"),
        ({"adapter": "ibapi", "versions": ["1"], "pythons": 3.11}, r"pythons: 3.11: expected a list"),
        ({"adapter": "ibapi", "versions": ["1"], "extra": "numpy"}, r"extra: 'numpy': expected a list"),
        ({"adapter": "ibapi", "versions": ["1"], "name": "../up"}, r"name: '../up': expected letters"),
        ({"adapter": "ibapi", "wheel": ""}, r"wheel: '': expected a string"),
        ({"adapter": "ibapi", "wheel": "a.whl", "version": "x/y"}, r"version: 'x/y': expected"),
    ],
)
def test_a_wrong_library_is_named_with_file_table_and_key(library: dict[str, Any], complaint: str) -> None:
    good = {"adapter": "ib_async", "versions": ["2.1.0"]}

    with pytest.raises(MatrixError, match=rf"here.mine\.toml: \[\[library\]\] 2: {complaint}"):
        rows(good, library)


def test_a_row_that_is_there_twice_is_named() -> None:
    library = {"adapter": "ib_async", "versions": ["2.1.0"]}

    with pytest.raises(
        MatrixError, match=r"\[\[library\]\] 2: duplicate row 'ib_async==2.1.0/py3.11'; give one a 'name'"
    ):
        rows(library, library)


@pytest.mark.parametrize("libraries", ["ib_async", {"adapter": "ib_async"}, ["ib_async"]])
def test_library_tables_must_be_tables(libraries: object) -> None:
    with pytest.raises(MatrixError, match=r"library: expected \[\[library\]\] tables"):
        rows_of({"library": libraries}, FILE)


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[[library]\n", encoding="utf-8")

    with pytest.raises(MatrixError, match=r"mine\.toml: is not TOML: .*line 1"):
        read_rows(file)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b"# caf\xe9\n")

    with pytest.raises(MatrixError, match="UTF-8"):
        read_rows(file)


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match=r"none\.toml: no such matrix file"):
        read_rows(tmp_path / "none.toml")
    with pytest.raises(MatrixError, match="cannot be read"):
        read_rows(tmp_path)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text("a1.=/ \0", max_size=4)
    | st.sampled_from(["ibapi", "latest", "3.11"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(LIBRARY_KEYS), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["library", "defaults", "gateway"]), _values))
def test_no_document_makes_loading_the_noxfile_crash(document: dict[str, Any]) -> None:
    try:
        made = rows_of(document, FILE)
    except MatrixError as error:
        assert str(FILE) in str(error)  # noqa: PT017 - either way is right
    else:
        assert len({row.id for row in made}) == len(made)


def test_the_keys_are_those_of_the_validated_table() -> None:
    assert set(LIBRARY_KEYS) == set(LibraryTable.model_fields)


def test_rows_can_be_read_where_only_the_standard_library_is() -> None:
    """``noxfile.py`` imports this module where nothing but nox is installed."""
    root = Path(__file__).parents[3]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from pathlib import Path\n"
        "from harness.plan.matrix.rows import read_rows\n"
        f"print(len(read_rows(Path({str(root / 'matrices' / 'default.toml')!r}))))\n"
    )

    ran = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "12"
