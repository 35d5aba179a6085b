"""Origins: libraries that the user brings."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from harness.plan.matrix.origins import installable, requirement, version_label


def brought(origin: str, value: str, folder: Path) -> str:
    return requirement(origin, value, distribution="ibapi", folder=folder)


@pytest.mark.parametrize("origin", ["wheel", "source"])
def test_a_file_or_folder_is_looked_for_beside_the_matrix_file(origin: str, tmp_path: Path) -> None:
    assert brought(origin, "api/ibapi", tmp_path) == str(tmp_path.resolve() / "api" / "ibapi")


def test_a_repository_is_named_as_pip_wants_it(tmp_path: Path) -> None:
    assert brought("git", "https://example.org/it@main", tmp_path) == "ibapi @ git+https://example.org/it@main"
    assert brought("git", "git+ssh://example.org/it", tmp_path) == "ibapi @ git+ssh://example.org/it"


def test_the_client_is_found_inside_the_download(tmp_path: Path) -> None:
    archive = tmp_path / "twsapi.1045.01.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("META-INF/setup.py", "")
        opened.writestr("Elsewhere/pythonclient/setup.py", "")

    assert brought("zip", archive.name, tmp_path) == f"ibapi @ {archive.as_uri()}#subdirectory=Elsewhere/pythonclient"


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_a_download_that_cannot_be_read_is_left_to_the_installer(content: bytes | None, tmp_path: Path) -> None:
    archive = tmp_path / "api.zip"
    if content is not None:
        archive.write_bytes(content)

    assert brought("zip", "api.zip", tmp_path) == f"ibapi @ {archive.as_uri()}#subdirectory=IBJts/source/pythonclient"


@pytest.mark.parametrize(
    ("origin", "value", "label"),
    [
        ("wheel", "dist/ibapi-10.37.2-py3-none-any.whl", "10.37.2"),
        ("wheel", "C:\\dist\\ibapi-10.37.2-py3-none-any.whl", "10.37.2"),
        ("wheel", "odd.whl", "odd.whl"),
        ("source", "IBJts/source/pythonclient", "pythonclient"),
        ("source", "..", "source"),
        ("zip", "~/Downloads/twsapi_macunix.1045.01.zip", "twsapi_macunix.1045.01"),
        ("git", "https://example.org/it@feature/x#subdirectory=a", "feature-x"),
        ("git", "https://user@example.org/it", "git"),
        ("git", "https://example.org/it", "git"),
    ],
)
def test_ids_get_a_word_for_where_it_came_from(origin: str, value: str, label: str) -> None:
    assert version_label(origin, value) == label


@pytest.mark.parametrize("others", [(), ("META-INF/MANIFEST.MF",)])
def test_what_is_in_a_zip_is_unpacked_for_the_installer(others: tuple[str, ...], tmp_path: Path) -> None:
    """Neither uv nor pip finds a folder inside every local archive."""
    archive = tmp_path / "IBKR API.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for name in (
            "IBJts/source/pythonclient/setup.py",
            "IBJts/source/pythonclient/ibapi/client.py",
            "IBJts/x",
            *others,
        ):
            opened.writestr(name, name)

    wanted = [brought("zip", archive.name, tmp_path), "protobuf>=5.29.5"]
    client, other = installable(wanted, tmp_path / "unpacked")

    assert other == "protobuf>=5.29.5"
    assert sorted(file.name for file in Path(client).rglob("*.py")) == ["client.py", "setup.py"]
    assert not (tmp_path / "unpacked" / "IBJts" / "x").exists()


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_a_zip_that_cannot_be_unpacked_is_given_as_it_is(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "api.zip").write_bytes(content)
    wanted = brought("zip", "api.zip", tmp_path)
    assert installable([wanted], tmp_path / "unpacked") == [wanted]
