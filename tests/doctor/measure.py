"""The measurement of a release: how often the doctor's verdict is right, on a machine that has something else to do.

``python -m tests.doctor.measure --runs 200`` looks at 200 healthy gateways and 20 times at every fault, and ends with
exit code 1 where a verdict was another than it should be. With all faults that takes a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import Coroutine, Iterable
from typing import Any

import click

from harness.doctor.examine import Examination
from harness.doctor.subjects import Asked
from harness.gateways.simulator.gateway_profiles import load
from harness.known import scenarios
from tests.doctor.looking import AT_ONCE, look_at, side_by_side
from tests.doctor.test_healthy import MODES, busy_core, look_at_profile


@click.command()
@click.option("--runs", default=200, show_default=True, help="Healthy gateways, of all profiles and modes in turn.")
@click.option("--faults", default=20, show_default=True, help="How often each fault is looked at.")
@click.option("--at-once", default=AT_ONCE, show_default=True, help="Looks side by side.")
def command(*, runs: int, faults: int, at_once: int) -> None:
    """Count the verdicts on healthy gateways, and on every fault that this system can play."""
    kinds = list(itertools.islice(itertools.cycle(itertools.product(load(), MODES)), runs))
    with busy_core():
        wrong = _count("healthy", scenarios.HEALTHY, (look_at_profile(*kind) for kind in kinds), at_once)
        for name, fault in scenarios.load().items():
            if name != "queue-full" or sys.platform == "linux":
                looks = (look_at(Asked(scenario=name)) for _ in range(faults))
                wrong += _count(name, fault.verdict, looks, at_once)
    sys.exit(1 if wrong else 0)


def _count(name: str, wanted: str, looks: Iterable[Coroutine[Any, Any, Examination]], at_once: int) -> int:
    """Print the codes that came, with their counts and the longest look; return how many are not the one wanted."""
    seen = asyncio.run(side_by_side(looks, at_once))
    codes = Counter(each.verdict.code for each in seen)
    wrong = sum(codes.values()) - codes[wanted]
    counts = ", ".join(f"{code} {count}" for code, count in codes.most_common())
    longest = max((each.seconds for each in seen), default=0.0)
    click.echo(f"{'WRONG' if wrong else 'right'}  {name:<30} {counts}  (longest {longest:.1f} s)")
    return wrong


if __name__ == "__main__":
    command()
