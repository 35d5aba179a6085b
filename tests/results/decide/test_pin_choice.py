"""Which versions to pin: the newest that works everywhere, with its proof, and why not a newer one."""

from __future__ import annotations

from dataclasses import replace

from packaging.requirements import Requirement

from harness.results.decide.measured import Evidence
from harness.results.decide.pin_choice import Pin, answer_pins
from harness.results.decide.row_judging import Required, Standing
from harness.shared.status import Status
from harness.views.terminal.pins_page import draw_pins, why_not
from tests.conftest import ENDED
from tests.results.decide.making import ALL, MATRIX, NEW, OLD, PYTHON, Making, making

__all__ = ["making"]

PROTOBUF = ("as-published", "", "import", Status.FAIL)
NEWEST = ("ib_async==2.1.0", NEW, "positions", Status.DEGRADED)


def pinned(evidence: Evidence, *, wanted: Required = ALL, pythons: tuple[str, ...] = (PYTHON,)) -> dict[str, Pin]:
    pins = answer_pins(evidence, columns=(OLD, NEW), pythons=pythons, wanted=wanted)
    return {pin.distribution: pin for pin in pins}


def version(pin: Pin) -> str | None:
    return pin.chosen.version if pin.chosen else None


def drawn(evidence: Evidence) -> list[str]:
    pins = list(pinned(evidence).values())
    return draw_pins(pins, gateways=(OLD, NEW), pythons=(PYTHON,), now=ENDED, evidence=evidence).splitlines()


def test_the_newest_that_works_is_pinned(making: Making) -> None:
    assert version(pinned(making.evidence(making.run()))["ib_async"]) == "2.1.0"


def test_one_gateway_that_it_does_not_work_with_is_enough_to_pass_it_over(making: Making) -> None:
    pin = pinned(making.evidence(making.run(NEWEST)))["ib_async"]
    assert version(pin) == "2.0.1"
    assert [why_not(each) for each in pin.passed_over] == [
        "degraded at positions: positions is broken (py3.11/gateway-10.50-paper)"
    ]


def test_what_does_not_matter_to_the_user_passes_nothing_over(making: Making) -> None:
    evidence = making.evidence(making.run(NEWEST))
    assert version(pinned(evidence, wanted=Required(allowed=frozenset({"positions"})))["ib_async"]) == "2.1.0"


def test_a_version_that_was_not_asked_everywhere_is_passed_over(making: Making) -> None:
    run = making.run()
    cells = {name: cell for name, cell in run.cells.items() if name != f"ib_async==2.1.0/py3.11/{NEW}"}
    pin = pinned(making.evidence(replace(run, cells=cells)))["ib_async"]
    assert version(pin) == "2.0.1"
    assert why_not(pin.passed_over[0]) == f"no run asked it (py3.11/{NEW})"


def test_it_must_work_on_every_python(making: Making) -> None:
    matrix = MATRIX.replace('pythons = ["3.11"]', 'pythons = ["3.11", "3.14"]')
    run = making.run(("ib_async==2.1.0/py3.14", "", "import", Status.FAIL), matrix=matrix)
    assert version(pinned(making.evidence(run), pythons=("3.11", "3.14"))["ib_async"]) == "2.0.1"
    assert version(pinned(making.evidence(run), pythons=("3.11",))["ib_async"]) == "2.1.0"


def test_rows_of_other_names_stand_for_the_same_version(making: Making) -> None:
    """As known.toml has them: the other Pythons under a name of their own."""
    elsewhere = '\n[[library]]\nadapter = "ib_async"\nname = "elsewhere"\nversions = ["2.1.0"]\npythons = ["3.12"]\n'
    evidence = making.evidence(making.run(more=elsewhere))
    assert version(pinned(evidence, pythons=("3.11", "3.12"))["ib_async"]) == "2.1.0"


def test_what_a_library_needs_beside_it_stands_in_the_file_and_in_the_words_that_install_it(making: Making) -> None:
    lines = drawn(making.evidence(making.run(PROTOBUF)))
    assert "nautilus-ibapi==10.45.1" in lines
    assert "protobuf>=5.29.5" in lines
    assert "#   pip install -c FILE nautilus-ibapi protobuf" in lines


def test_without_need_nothing_is_pinned_beside_it(making: Making) -> None:
    """Where the package alone works as well, it is taken alone."""
    assert "protobuf>=5.29.5" not in drawn(making.evidence(making.run()))


def test_every_line_is_a_remark_or_a_requirement_and_names_its_run(making: Making) -> None:
    lines = drawn(making.evidence(making.run(NEWEST, PROTOBUF)))
    assert {str(Requirement(line)) for line in lines if line and not line.startswith("#")} == {
        "ib_async==2.0.1",
        "nautilus-ibapi==10.45.1",
        "protobuf>=5.29.5",
    }
    assert "#   run 20261120T101119Z-ab12 of 2026-11-20 (today), simulated gateways" in lines


def test_a_library_of_which_nothing_works_gets_remarks_only(making: Making) -> None:
    evidence = making.evidence(making.run(("ib_async", NEW, "ready", Status.TIMEOUT)))
    lines = drawn(evidence)
    assert pinned(evidence)["ib_async"].standing is Standing.BREAKS
    assert "# ib_async: no version is known to work." in lines
    assert not any(line.startswith("ib_async") for line in lines)


def test_what_an_index_does_not_have_is_never_pinned(making: Making) -> None:
    brought = '\n[[library]]\nadapter = "ib_async"\nversion = "3.0"\ngit = "https://example.org/it@main"\n'
    pin = pinned(making.evidence(making.run(more=brought)))["ib_async"]
    assert version(pin) == "2.1.0"
    assert "a constraint can name only what an index has" in why_not(pin.passed_over[0])


def test_what_cannot_stand_beside_another_is_commented_out(making: Making) -> None:
    """Constraints hold for all that is installed: two ranges that exclude each other would let nothing be."""
    rival = (
        '\n[[library]]\nadapter = "ibapi"\ndistribution = "ibapi-latest"\n'
        'versions = ["10.46.1"]\nextra = ["protobuf==5.29.3"]\n'
    )
    evidence = making.evidence(making.run(PROTOBUF, more=rival))
    assert pinned(evidence)["ibapi-latest"].beside == "nautilus-ibapi"
    lines = drawn(evidence)
    assert "# ibapi-latest==10.46.1" in lines
    assert "# protobuf==5.29.3" in lines
    assert "protobuf==5.29.3" not in lines


def test_the_newest_is_by_number_and_not_by_letter(making: Making) -> None:
    numbers = '\n[[library]]\nadapter = "ib_insync"\nversions = ["0.9.9", "0.9.86"]\n'
    assert version(pinned(making.evidence(making.run(more=numbers)))["ib_insync"]) == "0.9.86"


def test_latest_is_pinned_as_what_it_was(making: Making) -> None:
    run = making.run(matrix=MATRIX.replace('["2.1.0", "2.0.1", "1.0.3"]', '["latest"]'))
    cells = {
        name: replace(cell, resolved=replace(cell.resolved, version="2.9.0"))
        for name, cell in run.cells.items()
        if cell.resolved
    }
    assert version(pinned(making.evidence(replace(run, cells=cells)))["ib_async"]) == "2.9.0"


def test_a_candidate_without_a_pass_everywhere_is_no_pin(making: Making) -> None:
    pin = pinned(making.evidence(making.run()))["ib_async"]
    assert pin.chosen is not None
    unknown = replace(pin.chosen, judgements=())
    assert unknown.standing is Standing.UNKNOWN
