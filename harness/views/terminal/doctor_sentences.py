"""Makes the sentences of the doctor's page: on the gateway, this machine, and the libraries that were tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.diagnose.control.attempt_state import FIRST_BYTE
from harness.diagnose.control.first_requests import SETTINGS_SINCE
from harness.diagnose.gateway_settings import Clients, flags, notes
from harness.diagnose.rule_words import owner, stuck
from harness.known.gateway_versions import versions_of
from harness.results.results_json import json_data
from harness.shared.amounts import counted, duration
from harness.shared.evidence import Answer
from harness.shared.hosts import written
from harness.shared.status import Status

if TYPE_CHECKING:
    from harness.diagnose.host import HostView, Owner
    from harness.doctor.examine import Examination
    from harness.results.results_model import CellInfo, Results
    from harness.shared.evidence import ApiSettings, ProbeRecord
    from harness.views.terminal.style import Style

_NOBODY = "nobody is at fault"

_SEVERAL = 2


def headline(seen: Examination) -> str:
    """Return the verdict in a line: what, who, how sure, and its code."""
    verdict = seen.verdict
    fault = _NOBODY if verdict.fault is None else f"at fault: {verdict.fault}"
    return f"{verdict.title} · {fault}, {verdict.sure} [{verdict.code}]"


def answered(plain: ProbeRecord) -> str:
    """Say what a healthy gateway reported."""
    accounts = ", ".join(plain.accounts)
    return f"server version {plain.server_version}, accounts {accounts}, next valid id {plain.next_order_id}"


def called(seen: Examination) -> Iterator[str]:
    """Yield the gateway's declared version, and the versions that are known to speak its server version."""
    subject, spoken = seen.subject, versions_of(seen.case.found.plain.server_version or 0)
    by = f" by {subject.called_in}" if subject.called_in else ""
    facts = [f"{subject.called}{by}"] if subject.called is not None else []
    facts += [f"{' or '.join(spoken)} by its server version"] if spoken else []
    if facts:
        yield ", ".join(facts)


def said(plain: ProbeRecord) -> Iterator[str]:
    """Yield the notices that came."""
    for notice in plain.notices:
        yield f"{notice.code} {notice.message}"


def outcome(attempt: ProbeRecord) -> str:
    """Say how an attempt ended."""
    if attempt.passed:
        return f"connected in {duration(attempt.seconds['ready'])}, server version {attempt.server_version}"
    first = "" if FIRST_BYTE in attempt.seconds else ", no byte came" if "tcp" in attempt.seconds else ""
    return f"{attempt.reason or attempt.ended} (at {attempt.stage}{first})"


def host_lines(view: HostView, port: int, now: float, *, told: bool = False) -> Iterator[str]:
    """Yield what can be seen on this machine; for a gateway on another machine, only that it is there.

    Settings files may belong to another installation, so they are left out if the gateway reported its settings.
    """
    if not view.local:
        yield f"the gateway is on another machine; run `ib-compat doctor 127.0.0.1:{port}` there to see more"
        return
    for listener in view.listeners:
        queue = f", {listener.accept_queue} waiting to be accepted" if listener.accept_queue else ""
        where = written(listener.host, listener.port)
        yield f"{owner(listener.owner)}{_up(listener.owner, now)} listens on {where}{queue}"
    listening = {listener.owner.pid for listener in view.listeners}
    for process in view.processes:
        if process.pid not in listening:
            yield f"{owner(process)}{_up(process, now)} is running, but listens on none of the usual ports"
    if view.stuck:
        yield stuck(view)
    if view.established:
        yield counted(len(view.established), "connected client")
    for settings in () if told else view.settings:
        trusted = ", ".join(settings.trusted_ips or ()) or "none named"
        yield f"{settings.path}: ApiOnly {settings.api_only}, TrustedIPs {trusted}"


def _up(process: Owner, now: float) -> str:
    uptime = process.uptime(now)
    return "" if uptime is None else f", up {duration(uptime)},"


def declared_line(seen: Examination) -> str:
    """Say which facts of the machine a simulated gateway plays."""
    facts = ", ".join(f"{key} = {str(value).lower()}" for key, value in seen.case.declared.items())
    system = f"on {seen.case.system}, " if seen.case.system else ""
    return f"played, not seen: {system}{facts}"


def asked_lines(plain: ProbeRecord) -> Iterator[str]:
    """Yield what became of the requests that libraries begin with; nothing if the gateway was not ready."""
    if not plain.passed:
        return
    if not plain.asked:
        yield f"the requests that libraries make first were not made: {plain.unasked or 'not requested'}"
    for answer in Answer:
        names = list(dict.fromkeys(each.request for each in plain.asked if each.answer is answer))
        if names:
            within = f" within {duration(plain.asked_timeout)}" if answer is Answer.UNANSWERED else ""
            yield f"{answer}{within}: {', '.join(names)}"


def settings_lines(plain: ProbeRecord, clients: Clients) -> Iterator[str]:
    """Yield what the gateway reported of its API settings, or why nothing is known of them."""
    if not plain.passed or plain.server_version is None:
        return
    if plain.settings is not None:
        yield "; ".join(_told(plain.settings, clients)) or "reported, and all are off"
    elif plain.server_version < SETTINGS_SINCE:
        yield f"not asked: gateways report them from server version {SETTINGS_SINCE} on"
    else:
        yield "not reported"


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


def cells_of(seen: Examination, rows: Results | None) -> list[CellInfo]:
    """The cells of a gateway, in the order of the rows; none if the libraries were not asked."""
    if rows is None:
        return []
    name = seen.subject.spec.name if seen.subject.spec else None
    return [cell for cell in rows.cells.values() if _is_of(cell, name, seen, rows)]


def _is_of(cell: CellInfo, name: str | None, seen: Examination, rows: Results) -> bool:
    if name is not None:
        return cell.gateway == name
    gateway = rows.gateways[cell.gateway]
    return (gateway.host, gateway.port) == (seen.subject.host, seen.subject.port)


def row_lines(cells: list[CellInfo], style: Style) -> Iterator[str]:
    """Yield a line for each library, and a conclusion from all of them."""
    for cell in cells:
        yield f"{style.glyph(cell.status)} {cell.row}: {_outcome(cell)}"
    if conclusion := _conclusion(cells):
        yield conclusion


def _outcome(cell: CellInfo) -> str:
    if cell.status is Status.PASS:
        return f"every check passed, server version {cell.negotiated}"
    why = f": {cell.diagnosis.title}, at fault: {cell.fault} [{cell.diagnosis.code}]" if cell.diagnosis else ""
    reason = f": {cell.reason}" if cell.reason and not why else ""
    return f"{cell.status}{f' at {cell.stage}' if cell.stage else ''}{why}{reason}"


def _conclusion(cells: list[CellInfo]) -> str | None:
    """Return the conclusion if every library that was asked got the same verdict; otherwise ``None``."""
    asked = [cell.diagnosis for cell in cells if cell.diagnosis is not None or cell.status is Status.PASS]
    first = next(iter(asked), None)
    if len(asked) < _SEVERAL or first is None or any(each is None or each.code != first.code for each in asked):
        return None
    if first.code == "same-as-control":
        return "The library is not the cause: all libraries and the reference client stop at the same stage."
    return f"They all have the same verdict: {first.title}, at fault: {first.fault} [{first.code}]. {first.says}"


def rows_document(seen: Examination, rows: Results | None) -> dict[str, Any]:
    """The same as plain JSON data; nothing if the libraries were not asked."""
    if rows is None:
        return {}
    told = ("row", "status", "stage", "reason", "fault", "negotiated", "diagnosis")
    cells = [json_data({name: getattr(cell, name) for name in told}) for cell in cells_of(seen, rows)]
    return {"run": rows.run.id, "libraries": cells}
