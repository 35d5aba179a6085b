"""What was brought up for a run, in a line each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.results.results_model import Results
from harness.shared.evidence import BootRecord, Moment, What
from harness.views.terminal.summary import boot_lines

if TYPE_CHECKING:
    from tests.conftest import Maker

NAME = "gateway-10.45-paper"
UP = BootRecord(
    image="ghcr.io/gnzsnz/ib-gateway:10.45",
    digest="ghcr.io/gnzsnz/ib-gateway@sha256:0123456789abcdef0123",
    build="10.45.1j",
    ibc="3.24.1",
    reused=False,
    seconds={"image": 3.0, "container": 4.0, "login": 60.0, "hello": 62.0},
    failure=None,
    line=None,
    exit_code=None,
)


def results(make: Maker, boot: BootRecord, *moments: Moment) -> Results:
    bare = make.results(make.plan())
    (name,) = bare.gateways
    assert name == NAME
    gateways = {name: replace(bare.gateways[name], boot=boot)}
    return replace(bare, gateways=gateways, timeline=list(moments))


def test_it_says_the_exact_build_and_how_long_it_took(make: Maker) -> None:
    (line,) = boot_lines(results(make, UP))
    assert line == f"Brought up {NAME}: 10.45.1j, IBC 3.24.1, sha256:0123456789ab, in 62 s"


def test_it_says_what_it_waited_for(make: Maker) -> None:
    waits = Moment(gateway=NAME, what=What.WAITS, at=1.0, why="the login TWS is in use")
    (line,) = boot_lines(results(make, UP, waits, Moment(gateway=NAME, what=What.BOOTS, at=81.0, why="")))
    assert line.endswith("in 62 s, after 80 s of waiting (the login TWS is in use)")


def test_one_that_was_left_running_says_so_and_an_unknown_build_is_its_image(make: Maker) -> None:
    boot = replace(UP, reused=True, build=None, ibc=None, digest=None)
    (line,) = boot_lines(results(make, boot))
    assert line == f"Brought up {NAME}: ghcr.io/gnzsnz/ib-gateway:10.45, left running by an earlier run"


def test_what_did_not_come_up_or_was_not_brought_up_is_not_told(make: Maker) -> None:
    assert not list(boot_lines(results(make, replace(UP, failure="wrong-password"))))
    assert not list(boot_lines(make.results(make.plan())))
