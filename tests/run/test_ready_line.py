"""A worker's ready line is held to what the rest of a run relies on."""

from __future__ import annotations

from typing import Any

import pytest

from harness.run.ready_line import read_ready
from harness.shared.errors import WorkerError
from tests.run.fakes import READY


def with_version(version: str | None) -> dict[str, Any]:
    return READY | {
        "resolved": {"distribution": "fake", "version": version, "module_version": None, "requirements": {}}
    }


def test_what_is_installed_is_read() -> None:
    resolved = read_ready(with_version("1.0")).resolved
    assert resolved is not None
    assert (resolved.distribution, resolved.version) == ("fake", "1.0")


def test_a_package_of_another_name_is_said_before_results_are_written_that_nobody_can_read() -> None:
    with pytest.raises(WorkerError, match="fake") as refused:
        read_ready(with_version(None))
    assert "distribution" in refused.value.hint
