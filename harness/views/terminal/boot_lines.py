"""What was brought up for a run, in a line each: exact build, how long it took, and how long it waited for its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.diagnose.rule_words import duration
from harness.shared.evidence import What
from harness.views.terminal.style import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.results.results_model import Results
    from harness.shared.evidence import BootRecord

_DIGEST = len("sha256:") + 12
"""Characters of a digest that tell it from others, as engines show it."""


def boot_lines(results: Results) -> Iterator[str]:
    """``Brought up gateway-10.45: 10.45.1j, IBC 3.24.1, in 62 s, after 80 s of waiting (the login TWS is in use)``.

    Those that did not come up have a verdict instead.
    """
    for name, gateway in results.gateways.items():
        if gateway.boot is not None and gateway.boot.failure is None:
            words = (*_what(gateway.boot), *_when(gateway.boot), *_waited(name, results))
            yield printable(f"Brought up {name}: {', '.join(words)}")


def _what(boot: BootRecord) -> Iterator[str]:
    yield boot.build or boot.image
    if boot.ibc is not None:
        yield f"IBC {boot.ibc}"
    if boot.digest is not None:
        yield f"{boot.digest.rpartition('@')[2][:_DIGEST]}"


def _when(boot: BootRecord) -> Iterator[str]:
    if boot.reused:
        yield "left running by an earlier run"
    elif boot.seconds:
        yield f"in {duration(max(boot.seconds.values()))}"


def _waited(name: str, results: Results) -> Iterator[str]:
    moments = {moment.what: moment for moment in results.timeline if moment.gateway == name}
    if What.WAITS in moments and What.BOOTS in moments:
        waits = moments[What.WAITS]
        yield f"after {duration(moments[What.BOOTS].at - waits.at)} of waiting ({waits.why})"
