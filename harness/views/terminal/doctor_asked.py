"""What the doctor's page says of the requests that libraries begin with, and of the gateway's own settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.diagnose.control.first_requests import SETTINGS_SINCE
from harness.diagnose.gateway_settings import Clients, flags, notes
from harness.diagnose.rule_words import duration
from harness.shared.evidence import Answer

if TYPE_CHECKING:
    from harness.shared.evidence import ApiSettings, ProbeRecord


def asked_lines(plain: ProbeRecord) -> Iterator[str]:
    """Yield what became of the requests that libraries begin with; nothing where no gateway was ready for them."""
    if not plain.passed:
        return
    if not plain.asked:
        yield f"not asked what libraries read when they connect: {plain.unasked or 'nobody wanted that'}"
    for answer in Answer:
        names = list(dict.fromkeys(each.request for each in plain.asked if each.answer is answer))
        if names:
            within = f" within {duration(plain.asked_timeout)}" if answer is Answer.UNANSWERED else ""
            yield f"{answer}{within}: {', '.join(names)}"


def settings_lines(plain: ProbeRecord, clients: Clients) -> Iterator[str]:
    """Yield what the gateway told of its API settings, or why nothing is known of them."""
    if not plain.passed or plain.server_version is None:
        return
    if plain.settings is not None:
        yield "; ".join(_told(plain.settings, clients)) or "told, and all are off"
    elif plain.server_version < SETTINGS_SINCE:
        yield f"not asked: it tells them from server version {SETTINGS_SINCE} on"
    else:
        yield "not told"


def _told(settings: ApiSettings, clients: Clients) -> Iterator[str]:
    yield from flags(settings)
    if settings.socket_port is not None:
        yield f"its socket port is {settings.socket_port}"
    yield from (note.says for note in notes(settings, clients))
    if settings.trusted_ips is not None:
        yield f"trusted IPs are {', '.join(settings.trusted_ips)}"
    if settings.time_zone:
        yield (
            f"times are in the zone of the {settings.time_zone}" if settings.time_zone != "utc" else "times are in UTC"
        )
