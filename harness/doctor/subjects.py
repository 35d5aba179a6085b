"""Resolves the command line to the gateways to examine. Simulated ones run as long as the look lasts.

A gateway that is named by its address alone has no version; the user's own matrix file may know it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from harness.diagnose.control.search import CLIENT_IDS as SEARCHED
from harness.diagnose.gateway_settings import Clients
from harness.doctor.subject import Subject, at_address, at_usual_ports, of_gateway, unescaped
from harness.gateways.claim import own_ids
from harness.gateways.kinds import boots, login_of, open_gateway
from harness.known.scenarios import ORDINARY, Behaviour, find, machine_of
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import load_matrix
from harness.plan.matrix.surroundings import surroundings
from harness.plan.matrix.tables import CLIENT_IDS
from harness.shared.errors import IbCompatError, SelectionError, UsageError
from harness.shared.hosts import Address, one_form, written

LOWEST_CLIENT_ID = 2 + SEARCHED
"""The lowest from which a search may start: 0 and 1 are other programs' ids."""

LOOKS_AT_ONCE = 8
"""How many looks of this machine have client ids of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line names.

    Args:
        addresses: ``HOST:PORT``; none means what IB_HOST and IB_PORT name, else the usual ports of this machine.
        product: ``gateway`` or ``tws``.
        client_id: the highest that may be used.
        matrix: a matrix file whose gateways are meant.
        gateways: globs of their names.
        scenario: what a simulated gateway plays.
        behaviour: keys that are laid over the scenario's.
        hello: what somebody sent, with escapes.
        probe_more: leave more connections unanswered than is careful, and greet as TLS and HTTP are.
        allow_live: bring up gateways with real money behind them, too: that is a login; and read such accounts.
    """

    addresses: tuple[str, ...] = ()
    product: str | None = None
    client_id: int | None = None
    matrix: Path | None = None
    gateways: tuple[str, ...] = ()
    scenario: str | None = None
    behaviour: Behaviour = ORDINARY
    hello: str | None = None
    allow_live: bool = False
    probe_more: bool = False


@asynccontextmanager
async def subjects(asked: Asked) -> AsyncIterator[tuple[Subject, ...]]:
    """Yield what to examine.

    Raises:
        UsageError: the options do not go together, or a word is not an address and names nothing.
        GatewayError: a simulated gateway cannot be started.
    """
    _refuse_mixtures(asked)
    async with AsyncExitStack() as stack:
        found = await _found(asked, stack)
        probe = None if asked.hello is None else unescaped(asked.hello)
        placed = _apart(found) if asked.client_id is not None else _with_own_ids(found, stack)
        more, live = asked.probe_more, asked.allow_live
        yield tuple(
            replace(
                each,
                probe=probe or each.probe,
                probe_more=more,
                allow_live=live,
                clients=_clients(each, of_a_file=asked.matrix is not None),
            )
            for each in placed
        )


def _clients(subject: Subject, *, of_a_file: bool) -> Clients:
    """Return whose client ids are known; a simulated gateway that no file names has none of the user's."""
    first, last = subject.spec.client_ids if subject.spec is not None and of_a_file else (0, -1)
    return Clients(
        environment=surroundings().client_id,
        matrix=range(first, last + 1),
        doctor=range(subject.client_id - SEARCHED + 1, subject.client_id + 1),
    )


def _with_own_ids(found: tuple[Subject, ...], stack: AsyncExitStack) -> tuple[Subject, ...]:
    """Assign each address client ids that neither a run nor another look uses: both may be in progress."""
    last, most = surroundings().look_ids[1], LOOKS_AT_ONCE
    return tuple(
        each if each.spec else replace(each, client_id=stack.enter_context(own_ids(last, each=SEARCHED, most=most)))
        for each in found
    )


def _apart(found: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """Assign each address its own client ids, as long as there are any: two may lead to the same gateway.

    A forwarder's port and the one behind it do, and both are usual ones.
    """
    return tuple(
        each if each.spec else replace(each, client_id=max(each.client_id - number * SEARCHED, LOWEST_CLIENT_ID))
        for number, each in enumerate(found)
    )


def _refuse_mixtures(asked: Asked) -> None:
    sources = [name for name, given in _sources(asked).items() if given]
    if len(sources) > 1:
        raise UsageError(f"{' and '.join(sources)} cannot be combined", hint="Name one source of gateways.")
    if asked.gateways and asked.matrix is None:
        raise UsageError("--gateway needs a matrix file", hint="Add --matrix FILE.")
    if asked.behaviour.given and asked.scenario is None:
        raise UsageError("--set needs a simulated gateway", hint="Add --simulate SCENARIO.")
    if asked.matrix is not None and (asked.product or asked.client_id):
        raise UsageError(
            "--product and --client-id cannot be combined with --matrix",
            hint="The matrix file has both for each gateway.",
        )


def _sources(asked: Asked) -> dict[str, object]:
    return {"addresses": asked.addresses, "--matrix": asked.matrix, "--simulate": asked.scenario}


async def _found(asked: Asked, stack: AsyncExitStack) -> tuple[Subject, ...]:
    around = surroundings()
    client_id = asked.client_id or around.client_ids[1]
    if asked.matrix is not None:
        chosen = _chosen(asked.matrix, asked.gateways)
        _refuse_live_logins(chosen, allow_live=asked.allow_live)
        _refuse_shared_logins(chosen)
        return tuple([await _opened(spec, stack, asked.matrix) for spec in chosen])
    if asked.scenario is not None:
        spec = _simulated(asked.scenario, asked.product, asked.behaviour, client_id)
        return (await _opened(spec, stack),)
    return tuple(map(as_the_default_file_calls, await _placed(asked, around.address, client_id)))


async def _placed(asked: Asked, usual: Address | None, client_id: int) -> tuple[Subject, ...]:
    if asked.addresses:
        return tuple(at_address(text, client_id=client_id, product=asked.product) for text in asked.addresses)
    if usual is not None:
        return (at_address(written(*usual), client_id=client_id, product=asked.product),)
    return await at_usual_ports(client_id=client_id, product=asked.product)


def _refuse_live_logins(chosen: tuple[GatewaySpec, ...], *, allow_live: bool) -> None:
    """Refuse to bring up a live gateway that nobody asked for; examining a running one is no login."""
    refused = [spec.name for spec in chosen if spec.live and boots(spec)]
    if refused and not allow_live:
        raise UsageError(
            f"{', '.join(refused)}: starting it is a login with real money behind it",
            hint="Pass --allow-live, or leave it out with --gateway.",
        )


def _refuse_shared_logins(chosen: tuple[GatewaySpec, ...]) -> None:
    """Bring no two gateways up with one login, nor one whose login another holds: all are looked at side by side."""
    holders: dict[str, list[GatewaySpec]] = {}
    for spec in chosen:
        if (login := login_of(spec)) is not None:
            holders.setdefault(login, []).append(spec)
    for same in holders.values():
        if len(same) > 1 and any(map(boots, same)):
            raise UsageError(
                f"{' and '.join(spec.name for spec in same)} have the same login, and a login has one session",
                hint="Look at them one after another, with --gateway.",
            )


def _chosen(matrix: Path, globs: tuple[str, ...]) -> tuple[GatewaySpec, ...]:
    every = load_matrix(matrix).gateways
    chosen = tuple(spec for spec in every if not globs or any(fnmatchcase(spec.name, glob) for glob in globs))
    if not chosen:
        names = ", ".join(spec.name for spec in every)
        raise SelectionError(f"{matrix} has no gateway {' or '.join(globs)}", hint=f"There are: {names}")
    return chosen


async def _opened(spec: GatewaySpec, stack: AsyncExitStack, file: Path | None = None) -> Subject:
    return of_gateway(spec, await stack.enter_async_context(open_gateway(spec)), file)


def _simulated(scenario: str, product: str | None, behaviour: Behaviour, client_id: int) -> GatewaySpec:
    """Return a gateway of the profile that ``ib-compat simulate`` plays, too, playing a scenario."""
    version = "10.45"
    return GatewaySpec(
        name=scenario,
        product=product or "gateway",
        version=version,
        mode="paper",
        kind="simulator",
        host="127.0.0.1",
        port=0,
        profile=f"{product or 'gateway'}-{version}",
        client_ids=(min(CLIENT_IDS[0], client_id), client_id),
        concurrency=1,
        account=None,
        scenario=scenario,
        behaviour=behaviour,
        verdict=None if behaviour.given else find(scenario).verdict,
        machine=machine_of(scenario),
    )


def as_the_default_file_calls(subject: Subject) -> Subject:
    """Return a gateway with the version that the default matrix file has for its host and port.

    An unreadable file names nothing: examining an address needs no matrix file.
    """
    file = default_matrix()
    try:
        known = load_matrix(file).gateways
    except IbCompatError:
        return subject
    spec = next((each for each in known if _is_at(each, subject)), None)
    return subject if spec is None else replace(subject, called=spec.version, called_in=str(file))


def _is_at(spec: GatewaySpec, subject: Subject) -> bool:
    """Return whether a gateway of the file is the one being examined; a simulated one ends with its run."""
    placed = (one_form(spec.host), spec.port) == (one_form(subject.host), subject.port)
    return placed and spec.kind == "address" and subject.product in {None, spec.product}
