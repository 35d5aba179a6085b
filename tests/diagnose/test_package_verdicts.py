"""A library that cannot be installed or imported: the package, the index or this machine is at fault."""

from __future__ import annotations

import pytest

from harness.diagnose.cell_verdict import diagnose_cell
from harness.diagnose.install_failures import why_not_imported
from harness.shared.status import Fault, Status
from tests.diagnose.cells import AFTER, BEFORE, FAIL, NOT_RUN, PACKAGING, SETTINGS, UNKNOWN, UNWELL, red


@pytest.mark.parametrize("stage", ["install", "import"])
def test_what_fails_before_contact_is_the_packages_fault_whatever_the_control_met(stage: str) -> None:
    for probes in ((), (NOT_RUN,), (BEFORE, AFTER)):
        told = diagnose_cell(red(stage, FAIL, reason="there is no version of it", probes=probes, verdict=UNWELL))
        assert told.fault is PACKAGING


@pytest.mark.parametrize(
    ("said", "code", "fault"),
    [
        ("dns error: failed to lookup address information", "index-not-reached", Fault.NETWORK),
        ("returned a 403 Forbidden error", "index-refuses", SETTINGS),
        ("No space left on device (os error 28)", "machine-cannot-install", SETTINGS),
        ("error: [Errno 2] No such file or directory: 'gcc'", "no-compiler", SETTINGS),
        ("the installer failed without a word", "not-installed", UNKNOWN),
    ],
)
def test_what_says_nothing_of_a_release_is_never_laid_at_its_door(said: str, code: str, fault: Fault) -> None:
    for probes in ((), (NOT_RUN,), (BEFORE, AFTER)):
        for status in (Status.ERROR, FAIL):
            told = diagnose_cell(red("install", status, reason=said, probes=probes, verdict=UNWELL))
            assert (told.code, told.fault) == (code, fault)


@pytest.mark.parametrize(
    ("said", "why", "code"),
    [
        ("ModuleNotFoundError: No module named 'google'", "protobuf-missing", "protobuf-missing"),
        ("ModuleNotFoundError: No module named 'google.protobuf'", "protobuf-missing", "protobuf-missing"),
        ("ModuleNotFoundError: No module named 'ibapi.protobuf'", "protobuf-missing", "protobuf-missing"),
        (
            "VersionError: Detected incompatible Protobuf Gencode/Runtime versions: gencode 5.29.3 runtime 5.28.3.",
            "protobuf-too-old",
            "protobuf-too-old",
        ),
        (
            "ImportError: cannot import name 'runtime_version' from 'google.protobuf'",
            "protobuf-too-old",
            "protobuf-too-old",
        ),
        ("RuntimeError: There is no current event loop in thread 'MainThread'.", "no-event-loop", "python-too-new"),
        (
            "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'",
            "python-too-old",
            "python-too-old",
        ),
        ("ImportError: cannot import name 'TypeAlias' from 'typing'", "python-too-old", "python-too-old"),
        ("TypeError: 'type' object is not subscriptable", "python-too-old", "python-too-old"),
        ("ModuleNotFoundError: No module named 'numpy'", None, "cannot-be-imported"),
        ("", None, "cannot-be-imported"),
    ],
)
def test_why_a_library_cannot_be_imported(said: str, why: str | None, code: str) -> None:
    assert why_not_imported(said) == why
    told = diagnose_cell(red("import", FAIL, reason=said or None))
    assert (told.code, told.fault) == (code, PACKAGING)
