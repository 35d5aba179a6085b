"""Defines what the doctor is asked to examine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.base import is_paper
from harness.diagnose.gateway_met import called_by
from harness.diagnose.gateway_settings import NO_CLIENTS, Clients
from harness.diagnose.host import Kind, look, usual_ports
from harness.known.scenarios import ANY_MACHINE, Machine
from harness.plan.matrix.tables import CLIENT_IDS
from harness.shared.errors import UsageError
from harness.shared.hosts import nearness

if TYPE_CHECKING:
    from harness.gateways.opened import OpenGateway
    from harness.plan.matrix.gateway_spec import GatewaySpec

PAPER_GATEWAY = 4002
_LOCAL = "127.0.0.1"
_PORT = re.compile(r":?(?P<port>[0-9]{1,9})")
_HOST = re.compile(r"(?:\[(?P<v6>[^\[\]\s]+)\]|(?P<host>[^:\[\]\s]+))(?::(?P<port>[0-9]{1,9}))?")
"""Names and IPv4 addresses may end in digits; only a colon makes them a port."""
_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One gateway.

    Args:
        name: what the page calls it.
        host: address or name.
        port: the port on which it listens.
        product: ``gateway``, ``tws``, or ``None`` if not known.
        client_id: the highest of those that the reference client may use.
        machine: what a simulated gateway plays of the machine that it runs on.
        probe: a hello that somebody else sent, to be judged.
        expected: the code of the verdict that it must get, if the matrix file names one.
        spec: the gateway of a matrix file that it is.
        probe_more: whether more connections may be left unanswered than is careful.
        allow_live: whether real money may be read.
        called: its version, as ``called_in`` has it; ``None`` if not given.
        called_in: a matrix file, or its container.
        clients: whose client ids are known.
    """

    name: str
    host: str
    port: int
    product: str | None
    client_id: int = CLIENT_IDS[1]
    machine: Machine = ANY_MACHINE
    probe: bytes | None = None
    expected: str | None = None
    spec: GatewaySpec | None = None
    probe_more: bool = False
    allow_live: bool = False
    called: str | None = None
    called_in: str | None = None
    clients: Clients = NO_CLIENTS

    @property
    def simulated(self) -> bool:
        """Whether it is one of ours, which plays a machine of its own."""
        return self.spec is not None and self.spec.ours

    def why_not(self, accounts: Sequence[str]) -> str | None:
        """Say why nothing may be asked of accounts; ``None`` if it may: they are paper, or simulated."""
        if self.allow_live or self.simulated or (accounts and all(map(is_paper, accounts))):
            return None
        return "an account is not certain to be paper, and --allow-live was not given"


def at_address(text: str, *, client_id: int = CLIENT_IDS[1], product: str | None = None) -> Subject:
    """Read ``HOST:PORT``, ``[::1]:PORT``, a host or a port alone.

    Raises:
        UsageError: it is not one of these.
    """
    match = _PORT.fullmatch(text.strip()) or _HOST.fullmatch(text.strip())
    given = match.groupdict() if match else {"port": "0"}
    host, port = given.get("v6") or given.get("host") or _LOCAL, int(given["port"] or PAPER_GATEWAY)
    if not 0 < port <= _HIGHEST_PORT:
        raise UsageError(f"{text!r} is not an address", hint="Write HOST:PORT, such as 127.0.0.1:4002 or [::1]:4002.")
    product = product or _usual_product(port)
    return Subject(name=text, host=host, port=port, product=product, client_id=client_id)


def of_gateway(spec: GatewaySpec, opened: OpenGateway, file: Path | None = None) -> Subject:
    """Return a gateway of a matrix file that is up."""
    built = opened.boot is not None and opened.boot.build
    return Subject(
        name=spec.name,
        host=opened.host,
        port=opened.port,
        product=spec.product,
        client_id=spec.client_ids[1],
        machine=spec.machine,
        probe=None if spec.hello is None else unescaped(spec.hello),
        expected=spec.verdict,
        spec=spec,
        called=called_by(spec, opened.boot),
        called_in="its container" if built else None if file is None else str(file),
    )


def unescaped(text: str) -> bytes:
    r"""Read escapes such as ``\0`` and ``\x41``, as a shell's printf does.

    Raises:
        UsageError: an escape is not whole.
    """
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1", "replace")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{text!r} is not text with valid escapes: {error.reason}",
            hint=r"Write bytes as \0 or \x41, a backslash as \\.",
        ) from None


def _usual_product(port: int) -> str | None:
    return next((each.product for each in usual_ports() if each.number == port), None)


async def at_usual_ports(*, client_id: int = CLIENT_IDS[1], product: str | None = None) -> tuple[Subject, ...]:
    """Return what listens on this machine's usual ports; if nothing does, the Gateway's paper port.

    Only the system is asked, without connecting: a Gateway may keep a connection forever that comes and leaves.
    """
    usual = {each.number for each in usual_ports()}
    view = await asyncio.to_thread(look, _LOCAL, None, ports=usual)
    here = [each for each in view.listeners if each.port in usual and nearness(each.host, _LOCAL) is not None]
    products = {each.port: _PRODUCTS.get(each.owner.kind) for each in here}
    ports = [each.number for each in usual_ports() if each.number in products] or [PAPER_GATEWAY]
    return tuple(
        at_address(f"{_LOCAL}:{port}", client_id=client_id, product=product or products.get(port)) for port in ports
    )


_PRODUCTS = {Kind.GATEWAY: "gateway", Kind.TWS: "tws"}
