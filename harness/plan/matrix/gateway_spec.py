"""Describes one gateway of a matrix file, with every default filled in: a column of the grid.

It also says how the container of a gateway of ``kind = "docker"`` is brought up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from adapters.base import is_paper
from harness.known.images import ImageProfile
from harness.known.scenarios import ANY_MACHINE, ORDINARY, Behaviour, Machine
from harness.plan.matrix.recorded import RecordingSpec
from harness.shared.hosts import written


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """The container of a gateway, as the matrix file describes it.

    Args:
        image: repository and tag or digest.
        profile: what is known about that image.
        environment: the container's variables: the profile's, with its words filled in, overridden by the matrix
            file's.
        publish: the address on the engine's machine at which its port is published.
        pull: ``missing``, ``always`` or ``never``.
        start_timeout: seconds from its start to its login, not counting time in which it waits for a person.
        two_factor_timeout: seconds that a person has for the second factor.
        reuse: whether it is left running for the next run, and a running one is taken over.
    """

    image: str
    profile: ImageProfile
    environment: Mapping[str, str]
    publish: str
    pull: str
    start_timeout: float
    two_factor_timeout: float
    reuse: bool


_OURS = frozenset({"simulator", "replay"})

HOW_LIVE = "if you mean to read a live one, give it mode = 'live' in the matrix file and say --allow-live"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySpec:
    """What the matrix file says about one IB Gateway or TWS.

    Port 0 asks a simulator for a free one. ``profile`` names the simulator's profile and is ``None`` for an address.
    ``client_ids`` are the first and the last that may be used; the reference client takes the last. ``concurrency`` is
    how many cells may be connected at once. ``account`` is a glob that every account must match, or ``None``.

    ``scenario`` names how a simulated gateway differs from an ordinary one, or is ``None``; ``behaviour`` has keys that
    override the scenario's. ``verdict`` is the code of the verdict that it must get, or ``None``. ``machine`` has facts
    that a simulated gateway declares about its machine, ``hello`` the hello of another program that was sent to it. If
    ``named`` is false, the gateway is not in the matrix file, but was found at its address.

    ``recording`` is what a gateway of kind ``replay`` answers with, else ``None``. ``credential`` names its login, or
    is ``None`` if the file does not say: a login has one session at a time. ``container`` is how a gateway of kind
    ``docker`` is brought up, else ``None``. The cells of an ``optional`` gateway are skipped if nothing listens.
    ``timezone`` is the zone in which a simulated gateway is logged in, or ``None`` for this computer's. ``labels`` are
    those of the CI machines that can reach it; without labels, any of them can.
    """

    name: str
    product: str
    version: str
    mode: str
    kind: str
    host: str
    port: int
    profile: str | None
    client_ids: tuple[int, int]
    concurrency: int
    account: str | None
    scenario: str | None = None
    verdict: str | None = None
    machine: Machine = ANY_MACHINE
    hello: str | None = None
    timezone: str | None = None
    named: bool = True
    optional: bool = False
    credential: str | None = None
    container: ContainerSpec | None = None
    recording: RecordingSpec | None = None
    labels: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """What ``--gateway`` takes for it."""
        return self.name if self.named else written(self.host, self.port)

    behaviour: Behaviour = ORDINARY

    @property
    def live(self) -> bool:
        """Whether real money may be behind it, according to the matrix file; never behind one of ours."""
        return self.mode == "live" and not self.ours

    @property
    def ours(self) -> bool:
        """Whether nothing of IBKR's is behind it: it runs in this process, and needs no login."""
        return self.kind in _OURS

    @property
    def simulated(self) -> bool:
        """Whether what it says comes from a simulated gateway, now or when it was recorded."""
        return self.kind == "simulator" or (self.recording is not None and self.recording.kind == "simulator")

    @property
    def truth(self) -> str:
        """What is equal for gateways that say the same of the same account, as far as one can know."""
        if self.recording is not None:
            return f"recording {self.recording.sha256}"
        return "simulated" if self.kind == "simulator" else f"login {self.credential or self.account or self.name}"

    def why_not_asked(self, accounts: Sequence[str], *, ours: bool) -> str | None:
        """Return why nothing may be asked of a gateway that shows these accounts; ``None`` if it may.

        Args:
            accounts: the accounts that it shows.
            ours: whether it is a simulated one, which has no real money behind it.
        """
        if not ours and not self.live and not all(map(is_paper, accounts)):
            return f"the gateway shows an account that is not a paper account (DU… or DF…); {HOW_LIVE}"
        if self.account is not None and not all(fnmatchcase(account, self.account) for account in accounts):
            return f"the gateway shows an account that is not {self.account}, as the matrix file wants it"
        return None
