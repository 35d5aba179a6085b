"""Moments of the gateways that are brought up."""

from __future__ import annotations

from harness.run.leases import Timeline
from harness.shared.evidence import Moment, What


def test_a_part_of_a_run_goes_on_where_the_one_before_it_ended() -> None:
    told: list[Moment] = []
    Timeline(told.append, passed=600.0).mark("gateway-10.45", What.BOOTS)
    assert told[0].at >= 600.0
