"""May a gateway be upgraded? From results, with the cause, and unknown counts as no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from harness.results.decide.libraries_used import Used
from harness.results.decide.requirement_files import read_used
from harness.results.decide.row_judging import Required, Standing
from harness.results.decide.upgrade_answer import Outcome
from harness.shared.status import Status
from harness.views.terminal.style import Style
from harness.views.terminal.upgrade_page import draw_upgrade
from tests.conftest import ENDED
from tests.results.decide.making import ALL, MATRIX, NEW, OLD, PYTHON, Making, about, making, upgraded

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["making"]

NEWS = ("ib_async==2.1.0", NEW, "positions", Status.TIMEOUT)
EXPECTED = """
[[expect]]
library = "ib_async"
versions = "==2.1.0"
gateway = "gateway-10.50-paper"
check = "positions"
status = "timeout"
reason = "everybody knows that"
since = 2026-11-20
review = 2027-11-20
"""
PROTOBUF = ("as-published", "", "import", Status.FAIL)


def using(name: str, version: str | None, specifier: str = "") -> Used:
    return Used(name=name, version=version, specifier=specifier or f"=={version}", place="requirements.txt:1")


def test_what_works_with_both_is_safe(making: Making) -> None:
    upgrade = upgraded(making.evidence(making.run()), [using("ib-async", "2.1.0")])
    assert upgrade.standing is Standing.WORKS
    assert [answer.outcome for answer in upgrade.answers] == [Outcome.WORKS]


def test_what_breaks_is_named_with_its_check_and_another_version(making: Making) -> None:
    upgrade = upgraded(making.evidence(making.run(NEWS)), [using("ib-async", "2.1.0")])
    answer = about(upgrade, "ib_async 2.1.0")
    assert upgrade.standing is Standing.BREAKS
    assert answer.outcome is Outcome.BREAKS
    assert [str(problem) for problem in answer.after[0].problems] == ["timeout at positions: positions is broken"]
    assert answer.instead is not None
    assert (answer.instead.row.version, answer.instead.today) == ("2.0.1", True)


def test_a_version_that_works_only_after_the_upgrade_is_changed_together_with_it(making: Making) -> None:
    old = [("ib_async==2.0.1", OLD, "ready", Status.FAIL), ("ib_async==1.0.3", OLD, "ready", Status.FAIL)]
    answer = about(upgraded(making.evidence(making.run(NEWS, *old)), [using("ib-async", "2.1.0")]), "ib_async 2.1.0")
    assert answer.instead is not None
    assert (answer.instead.row.version, answer.instead.today) == ("2.0.1", False)


def test_nothing_is_offered_instead_of_what_will_work_unless_it_is_broken_today(making: Making) -> None:
    unasked = making.evidence(making.run(only=NEW))
    broken = making.evidence(making.run(("ib_async==2.1.0", OLD, "ready", Status.FAIL)))
    used = [using("ib-async", "2.1.0")]
    assert about(upgraded(unasked, used), "ib_async 2.1.0").instead is None
    assert about(upgraded(broken, used), "ib_async 2.1.0").instead is not None


def test_without_a_file_the_page_says_how_to_ask_about_what_one_uses(making: Making) -> None:
    evidence = making.evidence(making.run(NEWS))
    with_file, without = (
        draw_upgrade(upgraded(evidence, used), now=ENDED, width=200, style=Style())
        for used in ([using("ib-async", "2.1.0")], None)
    )
    assert "name --requirements FILE or --lock FILE" in without
    assert "--requirements" not in with_file


def test_an_expected_red_is_a_red_and_its_reason_is_told(making: Making) -> None:
    evidence = making.evidence(making.run(NEWS, more=EXPECTED))
    answer = about(upgraded(evidence, [using("ib-async", "2.1.0")]), "ib_async 2.1.0")
    assert answer.outcome is Outcome.BREAKS
    assert answer.after[0].problems[0].expected == "everybody knows that"


def test_what_does_not_matter_to_the_user_breaks_nothing(making: Making) -> None:
    evidence, used = making.evidence(making.run(NEWS)), [using("ib-async", "2.1.0")]
    assert upgraded(evidence, used, wanted=Required(allowed=frozenset({"positions"}))).standing is Standing.WORKS
    assert upgraded(evidence, used, wanted=Required(named=frozenset({"executions"}))).standing is Standing.WORKS
    assert upgraded(evidence, used, wanted=Required(named=frozenset({"positions"}))).standing is Standing.BREAKS


def test_a_cell_that_nobody_measured_is_not_known_and_that_is_no(making: Making) -> None:
    evidence = making.evidence(making.run(only=OLD))
    upgrade = upgraded(evidence, [using("ib-async", "2.1.0")])
    (answer,) = upgrade.answers
    assert (upgrade.standing, answer.outcome) == (Standing.UNKNOWN, Outcome.UNKNOWN)
    assert answer.why == f"{NEW}: no run asked it"
    assert answer.measure[0].endswith(f"mine.toml --row ib_async==2.1.0/py3.11 --gateway {NEW}")


def test_a_version_that_no_run_has_is_not_known_and_it_says_what_to_add(making: Making) -> None:
    upgrade = upgraded(making.evidence(making.run()), [using("ib-async", "2.2.0")])
    (answer,) = upgrade.answers
    assert upgrade.standing is Standing.UNKNOWN
    assert '  versions = ["2.2.0"]' in answer.measure
    assert answer.measure[-1] == f"nox -s matrix -- --library ib_async==2.2.0 --gateway {OLD} --gateway {NEW}"


def test_what_a_file_lacks_beside_a_library_is_named(making: Making) -> None:
    matrix = MATRIX.replace('name = "as-published"', 'name = "as-published"\nextra = ["protobuf==6.33.6"]')
    evidence = making.evidence(making.run(matrix=matrix))
    lacking = upgraded(evidence, [using("nautilus-ibapi", "10.45.1")]).answers[0]
    other = upgraded(evidence, [using("nautilus-ibapi", "10.45.1"), using("protobuf", "4.25.8")]).answers[0]
    assert lacking.outcome is other.outcome is Outcome.UNKNOWN
    assert "it needs protobuf, which your file lacks" in lacking.why
    assert "protobuf 4.25.8" in other.why


def test_what_only_constraints_name_may_be_missing(making: Making, tmp_path: Path) -> None:
    """A constraint installs nothing, and without protobuf nobody measured that library."""
    (tmp_path / "limits.txt").write_text("protobuf==6.33.6\n", encoding="utf-8")
    matrix = MATRIX.replace('name = "as-published"', 'name = "as-published"\nextra = ["protobuf==6.33.6"]')
    evidence, file = making.evidence(making.run(matrix=matrix)), tmp_path / "requirements.txt"
    for more, standing in (
        ("-c limits.txt\n", Standing.UNKNOWN),
        ("-r limits.txt\n", Standing.WORKS),
        ("-c limits.txt\nprotobuf\n", Standing.WORKS),
        ("-c limits.txt\n-r limits.txt\n", Standing.WORKS),
    ):
        file.write_text(f"nautilus-ibapi==10.45.1\n{more}", encoding="utf-8")
        upgrade = upgraded(evidence, read_used(file, python=PYTHON))
        assert upgrade.standing is standing
        assert ("your file lacks" in upgrade.answers[0].why) == (standing is Standing.UNKNOWN)


@pytest.mark.parametrize(("library", "standing"), [("ib_async", Standing.UNKNOWN), ("ibapi", Standing.WORKS)])
@pytest.mark.parametrize("origin", ['git = "https://example.org/fork@wip"', 'source = "fork"'])
def test_a_build_that_the_matrix_file_brings_is_no_release_but_for_ibkr_s_own(
    making: Making, origin: str, library: str, standing: Standing
) -> None:
    brought = f'[[library]]\nadapter = "{library}"\n{origin}\nversion = "10.45.1"\n'
    matrix = MATRIX[MATRIX.index("[[gateway]]") :] + brought
    (making.folder / "fork").mkdir()
    upgrade = upgraded(making.evidence(making.run(matrix=matrix)), [using(canonicalize_name(library), "10.45.1")])
    assert upgrade.standing is standing


EXCLUDED = """
[[exclude]]
library = "as-published"
gateway = "gateway-10.37-paper"
reason = "its packaging shows anywhere"
"""


def test_what_no_gateway_changes_keeps_no_upgrade_from_being_safe(making: Making) -> None:
    """As rows of a matrix file that are broken on purpose, and are asked of one gateway alone."""
    upgrade = upgraded(making.evidence(making.run(PROTOBUF, more=EXCLUDED)))
    assert upgrade.standing is Standing.WORKS
    assert not about(upgrade, "as-published 10.45.1").counts


def test_breaking_outweighs_not_knowing(making: Making) -> None:
    used = [using("ib-async", "2.1.0"), using("ibapi", "9.81.1.post1")]
    assert upgraded(making.evidence(making.run(NEWS)), used).standing is Standing.BREAKS


def test_without_a_file_what_is_broken_today_does_not_count_unless_more_breaks(making: Making) -> None:
    same = upgraded(making.evidence(making.run(PROTOBUF)))
    assert same.standing is Standing.WORKS
    assert not about(same, "as-published 10.45.1").counts
    worse = making.run(
        ("ib_async==1.0.3", "", "executions", Status.DEGRADED), ("ib_async==1.0.3", NEW, "ready", Status.FAIL)
    )
    assert upgraded(making.evidence(worse)).standing is Standing.BREAKS


def test_with_a_file_what_is_broken_today_and_stays_so_is_not_safe(making: Making) -> None:
    upgrade = upgraded(making.evidence(making.run(PROTOBUF)), [using("nautilus-ibapi", "10.45.1")])
    (answer,) = upgrade.answers
    assert (upgrade.standing, answer.outcome) == (Standing.BREAKS, Outcome.STAYS_BROKEN)
    assert answer.needs == ("protobuf>=5.29.5",), "what the row that works has beside it"


def test_the_row_counts_whose_environment_is_the_user_s(making: Making) -> None:
    used = [using("nautilus-ibapi", "10.45.1"), using("protobuf", "6.33.5")]
    upgrade = upgraded(making.evidence(making.run(PROTOBUF)), used)
    assert upgrade.standing is Standing.WORKS
    assert [answer.row.library for answer in upgrade.answers if answer.row] == ["nautilus-ibapi"]


def test_a_version_beside_it_that_nobody_measured_is_not_known(making: Making) -> None:
    used = [using("nautilus-ibapi", "10.45.1"), using("protobuf", "4.25.8")]
    upgrade = upgraded(making.evidence(making.run(PROTOBUF)), used)
    assert upgrade.standing is Standing.UNKNOWN
    assert '  extra = ["protobuf==4.25.8"]' in upgrade.answers[0].measure


def test_what_will_work_is_safe_though_it_does_not_work_today(making: Making) -> None:
    evidence = making.evidence(making.run(("ib_async==2.1.0", OLD, "ready", Status.TIMEOUT)))
    upgrade = upgraded(evidence, [using("ib-async", "2.1.0")])
    assert (upgrade.standing, upgrade.answers[0].outcome) == (Standing.WORKS, Outcome.MENDED)


def test_the_newest_run_that_asked_counts(making: Making) -> None:
    broken, mended = making.run(NEWS), making.run(days=1)
    skipped = making.run(days=2, skip={"ib_async==2.1.0/py3.11": "no Python 3.11 on this machine"})
    used = [using("ib-async", "2.1.0")]
    assert upgraded(making.evidence(mended, broken), used).standing is Standing.WORKS
    assert upgraded(making.evidence(skipped, broken), used).standing is Standing.BREAKS
    assert upgraded(making.evidence(skipped), used).standing is Standing.UNKNOWN


def test_a_run_of_another_environment_proves_nothing_of_the_newest(making: Making) -> None:
    before = making.run()
    changed = making.run(days=1, only=OLD, matrix=_with_extra("numpy<2"))
    upgrade = upgraded(making.evidence(changed, before), [using("ib-async", "2.1.0"), using("numpy", "1.26.4")])
    assert upgrade.standing is Standing.UNKNOWN


def _with_extra(requirement: str) -> str:
    versions = 'versions = ["2.1.0", "2.0.1", "1.0.3"]'
    return MATRIX.replace(versions, f'{versions}\nextra = ["{requirement}"]')


def test_the_page_tells_answer_cause_and_proof(making: Making) -> None:
    upgrade = upgraded(making.evidence(making.run(NEWS)), [using("ib-async", "2.1.0")], wanted=ALL)
    page = draw_upgrade(upgrade, now=ENDED, width=200, style=Style())
    assert "NOT SAFE: ib_async 2.1.0 will not work." in page
    assert "timeout at positions: positions is broken (gateway-10.50-paper)" in page
    assert "instead: ib_async 2.0.1 will work; works today, too: change it first" in page
    assert "Proof: run 20261120T101119Z-ab12 of 2026-11-20 (today), simulated gateways" in page
