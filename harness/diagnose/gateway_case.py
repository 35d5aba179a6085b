"""Collects what the verdict on a gateway is based on: all that was seen of it, and what is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from harness.diagnose.control.search import Manner
from harness.diagnose.gateway_facts import FAILS, PASSES, UNTRIED, Facts, declared, of_search
from harness.diagnose.host import Kind
from harness.diagnose.rule_words import Names, boot_words, words_of
from harness.diagnose.verdict_rules import Setting, decide
from harness.known.gateway_versions import answered_as, server_version_of
from harness.shared.hosts import is_loopback
from harness.wire.hello import HelloReader
from harness.wire.wire_errors import ProtocolError

if TYPE_CHECKING:
    from harness.diagnose.host import HostView, Listener
    from harness.diagnose.verdict import Diagnosis
    from harness.shared.evidence import BootRecord, ProbeRecord, Search

_MAY_BE = frozenset({Kind.GATEWAY, Kind.TWS, Kind.OURS, Kind.FORWARDER, Kind.UNKNOWN})
"""Listeners that are a Gateway or TWS, or may have one behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a verdict on a gateway is based on.

    Args:
        host: the gateway's host as the user wrote it.
        port: the gateway's port.
        found: all attempts of the reference client.
        view: what this machine shows; ``None`` if it was not examined.
        product: ``gateway`` or ``tws``; ``None`` if unknown.
        client_id: the client id of the plain attempt.
        declared: facts that a simulated gateway declares about the machine that it plays.
        system: the operating system of that machine [default: the system of ``view``]
        probe: a hello of another program that the verdict is about.
        answered_before: whether an earlier attempt of the same run passed.
        boot: how ib-compat started it; ``None`` if somebody else did.
        credential: the name of its login in the matrix file.
        called: its version according to the matrix file or the container; ``None`` if unknown.
        elsewhere: what the reference client met at the usual ports with a listener, if nothing listens at this one.
    """

    host: str
    port: int
    found: Search
    view: HostView | None = None
    product: str | None = None
    client_id: int
    declared: Mapping[str, str | bool] = field(default_factory=dict)
    system: str | None = None
    probe: bytes | None = None
    answered_before: bool = False
    boot: BootRecord | None = None
    credential: str | None = None
    called: str | None = None
    elsewhere: tuple[ProbeRecord, ...] = ()


def diagnose(case: Case) -> Diagnosis:
    """Return the verdict on a gateway."""
    facts = facts_of(case)
    names = Names(host=case.host, port=case.port, product=case.product, client_id=case.client_id, called=case.called)
    words = {
        **words_of(names, case.found, case.view, case.declared, probe=malformed(case.probe), elsewhere=case.elsewhere),
        **boot_words(case.boot, case.credential),
    }
    system = case.system or (case.view.system if case.view else "")
    return decide("gateway", asdict(facts), words, Setting(product=case.product, system=system))


def facts_of(case: Case) -> Facts:
    """Return what is known, from control, host and declaration."""
    facts = of_search(case.found, port=case.port)
    if case.view is not None:
        facts = _of_host(facts, case.view, case.found)
    facts = replace(
        facts,
        boot=(case.boot.failure or "") if case.boot else "",
        gone=case.boot is not None and case.boot.failure is None and case.boot.exit_code is not None,
        probe_malformed=malformed(case.probe) is not None,
        answered_before=case.answered_before,
        other_version=_is_other(case),
        answers_elsewhere=_answers(case.elsewhere),
    )
    return declared(facts, case.declared)


def _is_other(case: Case) -> bool | None:
    """Whether its server version contradicts its declared version; ``None`` if that is not known."""
    seen, product = case.found.plain.server_version, case.product or "gateway"
    if case.called is None or seen is None or server_version_of(product, case.called) is None:
        return None
    return answered_as(product, case.called, seen) is not None


def _of_host(facts: Facts, view: HostView, found: Search) -> Facts:
    if not view.local:
        return replace(facts, local=False)
    return replace(
        facts,
        local=True,
        runs=True if view.processes else (None if view.unseen else False),
        listener=str(view.listener.owner.kind) if view.listener else "none",
        elsewhere=any(each.owner.kind in _MAY_BE for each in listeners_elsewhere(view)),
        stuck=_stuck(view),
        waiting=None if view.listener is None or view.listener.accept_queue is None else view.waiting > 0,
        left_over=bool(view.close_wait),
        mute=_mute(view),
        reads_us=view.reads_us,
        others=True if view.established else (None if view.unseen and view.system != "linux" else False),
        trusted=_trusted(view, found),
    )


def manner_with(
    view: HostView | None, of_the_host: Mapping[str, str | bool], *, more: bool = False, beside: int = 0
) -> Manner:
    """Return what a search may do. A possible Gateway gets no greeting of another protocol.

    Args:
        view: the machine before the search; ``None`` if it was not examined.
        of_the_host: facts that a simulated gateway declares about its machine.
        more: whether a person asked for more attempts.
        beside: how many of our connections are open there already, unanswered.
    """
    listener = view.listener if view is not None and view.local and "listener" not in of_the_host else None
    return Manner(greetings=listener is not None and listener.owner.kind is Kind.OTHER, more=more, beside=beside)


def listeners_elsewhere(view: HostView) -> tuple[Listener, ...]:
    """Return the listeners on this machine's other usual ports."""
    return tuple(each for each in view.listeners if each.port != view.port)


def _answers(elsewhere: tuple[ProbeRecord, ...]) -> str:
    if not elsewhere:
        return UNTRIED
    return PASSES if any("version" in each.seconds for each in elsewhere) else FAILS


def _mute(view: HostView) -> bool | None:
    """Return whether the gateway keeps others' connections that never sent a byte; only Linux counts what came."""
    if not view.kept:
        return False
    told = [each.received for each in view.kept if each.received is not None]
    return any(count == 0 for count in told) if told else None


def _stuck(view: HostView) -> bool | None:
    """Return whether connections were left unread or unaccepted; only Linux shows those that clients have closed."""
    told = all(each.unread is not None or each.accepted is not None for each in view.close_wait)
    return bool(view.stuck) if told else None


def _trusted(view: HostView, found: Search) -> bool | None:
    """Return whether our own address is trusted. Connections to this machine come from the address that they go to."""
    told = [each.settings.trusted_ips for each in found.attempts if each.settings and each.settings.trusted_ips]
    lists = told or [settings.trusted_ips for settings in view.settings if settings.trusted_ips is not None]
    if not lists or found.plain.address is None:
        return None
    source = "127.0.0.1" if is_loopback(found.plain.address[0]) else found.plain.address[0]
    return any(source in trusted for trusted in lists)


def malformed(sent: bytes | None) -> str | None:
    """Return what is wrong with a hello, in words; ``None`` if nothing is, or if there is no hello."""
    if sent is None:
        return None
    try:
        done = HelloReader().feed(sent)
    except ProtocolError as problem:
        return f"What was sent is {problem}."
    return None if done else f"What was sent is the beginning of a hello that was never finished: {sent[:16].hex(' ')}."
