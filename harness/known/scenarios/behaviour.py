"""Defines how a simulated gateway may behave differently, and what it claims about the machine that it runs on.

These are the keys of ``behaviour`` and ``machine`` in TOML, with types and bounds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

ANY = "*"
"""In place of a message's name: every one."""


class Door(StrEnum):
    """How a connection is treated before the API is reached; the simulator's ``doors`` and ``ports`` implement it."""

    SERVES = "serves"
    REFUSES = "refuses"
    NEVER_ACCEPTS = "never-accepts"
    QUEUE_FULL = "queue-full"
    CLOSES_AT_ONCE = "closes-at-once"
    RESETS_AT_ONCE = "resets-at-once"
    DEAF = "deaf"
    SILENT = "silent"
    CLOSES_AFTER_HELLO = "closes-after-hello"
    RESETS_AFTER_HELLO = "resets-after-hello"
    SPEAKS_TLS = "speaks-tls"
    SPEAKS_HTTP = "speaks-http"
    SPEAKS_SSH = "speaks-ssh"
    FORWARDS_TO_NOBODY = "forwards-to-nobody"


class TimeZones(StrEnum):
    """In whose zone a Gateway writes times, from server version 174 on: its setting ``sendInstrumentTimezone``."""

    INSTRUMENT = "instrument"
    OPERATOR = "operator"
    UTC = "utc"


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, OSError, ValueError):
        raise ValueError("expected the name of a time zone such as Asia/Tokyo") from None
    return value


def _as_tuples(value: object) -> object:
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list) else value


def _ranges(value: object) -> object:
    ranges = _as_tuples(value)
    if isinstance(ranges, tuple) and all(isinstance(each, tuple) and len(each) == 2 for each in ranges):  # noqa: PLR2004
        return ranges
    raise ValueError("expected a list of [first, last]")


def _hex(value: str) -> str:
    if _PAIRS.fullmatch(value) is None:
        raise ValueError("expected bytes in hex, two digits each")
    return value


_PAIRS = re.compile("([0-9a-fA-F]{2})*")

TimeZone = Annotated[str, AfterValidator(_zone)]
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_as_tuples)]
Hex = Annotated[str, AfterValidator(_hex)]
Count = Annotated[int, Field(ge=1)]
Ranges = Annotated[tuple[tuple[int, int], ...], BeforeValidator(_ranges)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Notice(_Table):
    """A notice of no request."""

    code: int
    text: str


class Behaviour(_Table):
    """How a simulated gateway behaves; the defaults are ordinary behaviour.

    One flat table, so that a key is set by its name alone. By level:

    The door (TCP, and other servers that answer there):
        door: how a connection is treated before the API is reached.
        backlog: connections that the system keeps until they are accepted.
        banner: what ``speaks-ssh`` sends at once, without the line end.
        tls_alert: what ``speaks-tls`` sends, in hex, if OpenSSL has no answer: to bytes that are not TLS.
        wedges_after: number of connections that are accepted before it accepts no more.
        wedges_after_mute: clients that leave without a hello, each of whose connections it keeps, until nobody is
            answered any more.
        wedges_after_unanswered: the same for clients that say hello and leave before they are answered.
        silent_after: clients that are served before each later one gets no answer to its hello.
        mute_before: clients that come and leave without a hello before it can be used.
        max_clients: most clients at once, by default IBKR's limit. How a real Gateway turns the next one away is
            unknown; ours closes.
        bytes_per_second: how fast all bytes leave.
        byte_by_byte: every byte after the version reply is sent alone.
        host_name: the host that clients connect to, in place of the address.
        ipv6: it listens at ``::1``, too, if this machine has it; not for doors that never accept.

    The version reply:
        hello_timeout: seconds within which a client must say hello, and then start the API, or be closed. Whether a
            real Gateway does so is unknown; without it 32 silent clients keep all others out of ours.
        early_notice: a notice comes before it.
        split_version_reply: it comes in two segments.
        version_delay: seconds from the connect before it comes.
        server_version: the version that it sends, whatever the client announced.
        version_payload: what its frame holds, in hex, in place of version and time.
        version_length: what its length says, in place of the truth.
        silent_above: no reply to a client that announces more than this version.
        redirects_to: ``host:port`` that it sends the client to.
        closes_after_version: it is the last that comes.

    The start of the API:
        held_client_ids: ``[first, last]`` of client ids that are in use, though nobody is connected.
        account_list: the text of the managed accounts, in place of the account numbers.
        notices: further notices after those of an ordinary start.

    The session:
        clock_ahead: seconds by which its clock is ahead of this computer's.
        never_sent: messages that it never sends; ``*`` stands for all.
        closes_on: the request, be it START_API, at which the gateway ends the connection instead of answering; ``*``
            stands for any after START_API.
        restarts_on: the request at which the gateway ends all connections, refuses new ones for a moment, and then is
            as before, orders and ids included; a real one does so every night, within seconds.
        restart_takes: seconds for which it refuses then.
        order_preset: it answers a placed order with 10349: its time in force was set.
        read_only: requests about orders are refused.
        time_zone: in whose zone times of executions and bars are written, from server version 174 on: with the zone of
            the ``instrument``, that of the ``operator``, or in ``utc``, without any. It says so, if it is asked.
        login_zone: the operator's zone, by its name; below 174 all times are by its clock, and name none. By default
            that of this computer; in a run always that of the libraries' computer.
        loses_connectivity_on: the request before whose answer the gateway reports lost and restored connectivity.

    Limits of pace, by its own clock:
        pacing: 50 messages a second, and those of requests for history. ``ib-compat simulate`` sets it.

    What it says of its own settings when it is asked, from server version 219 on; ``read_only`` is one of them:
        socket_port: the port that it is configured to listen on, which may differ from the one that clients use.
        master_client_id: the client id that receives the orders of all clients.
        trusted_ips: the addresses that connect without a dialog.
        localhost_only: connections from other machines are closed. If it is false and ``trusted_ips`` are given, those
            from machines that are not among these.
        rejects_above_max_rate: it refuses what a client sends too fast, and finally ends the connection; otherwise
            it holds messages back. With ``pacing`` it does so by default.
        sends_lots: sizes and volumes of stocks of the United States are in lots of a hundred.
        download_open_orders: a client gets its working orders when it connects; so it is by default.
        bypass_order_precautions: orders that a precaution stops otherwise are taken.
    """

    door: Annotated[Door, Field(strict=False)] = Door.SERVES
    backlog: Count = 512
    banner: str = ""
    tls_alert: Hex = ""
    wedges_after: Annotated[int, Field(ge=0)] | None = None
    wedges_after_mute: Count | None = None
    wedges_after_unanswered: Count | None = None
    silent_after: Annotated[int, Field(ge=0)] | None = None
    mute_before: Annotated[int, Field(ge=0)] = 0
    max_clients: Count = 32
    bytes_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    byte_by_byte: bool = False
    host_name: Annotated[str, Field(min_length=1)] | None = None
    ipv6: bool = False

    hello_timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 20.0
    early_notice: bool = False
    split_version_reply: bool = False
    version_delay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    server_version: int | None = None
    version_payload: Hex | None = None
    version_length: Annotated[int, Field(ge=0, le=0xFFFF_FFFF)] | None = None
    silent_above: int | None = None
    redirects_to: str | None = None
    closes_after_version: bool = False

    held_client_ids: Ranges = ()
    account_list: str | None = None
    notices: Annotated[tuple[Notice, ...], BeforeValidator(_as_tuples)] = ()

    clock_ahead: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    never_sent: Names = ()
    closes_on: str | None = None
    restarts_on: str | None = None
    restart_takes: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.25
    order_preset: bool = False
    read_only: bool = False
    time_zone: Annotated[TimeZones, Field(strict=False)] = TimeZones.INSTRUMENT
    login_zone: TimeZone | None = None
    loses_connectivity_on: str | None = None

    pacing: bool = False

    socket_port: int | None = None
    master_client_id: int | None = None
    trusted_ips: Names | None = None
    localhost_only: bool | None = None
    rejects_above_max_rate: bool | None = None
    sends_lots: bool | None = None
    download_open_orders: bool | None = None
    bypass_order_precautions: bool | None = None

    @property
    def keeps_unserved(self) -> bool:
        """Whether connections that were not served are kept when their clients leave."""
        return self.wedges_after_mute is not None or self.wedges_after_unanswered is not None

    @property
    def rejects_too_fast(self) -> bool:
        """Whether messages that come too fast are refused, and not held back."""
        return self.pacing and self.rejects_above_max_rate is not False

    @property
    def given(self) -> Mapping[str, object]:
        """The keys that were set, with their values."""
        return {key: getattr(self, key) for key in type(self).model_fields if key in self.model_fields_set}

    def as_json(self) -> dict[str, object]:
        """Return the keys that were set, with values that JSON knows."""
        return self.model_dump(mode="json", include=set(self.given))

    def under(self, other: Behaviour) -> Behaviour:
        """Return this with the keys that ``other`` sets laid over it."""
        return self.model_copy(update=dict(other.given))

    def sends(self, name: str) -> bool:
        """Whether a message of that name is ever sent."""
        return name not in self.never_sent and ANY not in self.never_sent

    def trusts(self, address: str) -> bool:
        """Whether who connects from an address is served; this machine always is."""
        if ip_address(address).is_loopback or self.localhost_only is None:
            return True
        return not self.localhost_only and (self.trusted_ips is None or address in self.trusted_ips)

    def holds(self, client_id: int) -> bool:
        """Whether a client id is in use, though nobody is connected."""
        return any(first <= client_id <= last for first, last in self.held_client_ids)


class Machine(BaseModel):
    """Facts that a look at the machine would give, which a simulated gateway can only declare.

    What is not given is looked at. The keys, but for ``system``, are facts of ``harness.diagnose.gateway_facts``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    system: Literal["linux", "macos", "windows"] | None = None
    local: bool | None = None
    runs: bool | None = None
    listener: Literal["gateway", "tws", "forwarder", "ours", "other", "unknown", "none"] | None = None
    elsewhere: bool | None = None
    stuck: bool | None = None
    waiting: bool | None = None
    left_over: bool | None = None
    mute: bool | None = None
    reads_us: bool | None = None
    others: bool | None = None
    trusted: bool | None = None
    forwarded: bool | None = None

    @property
    def declared(self) -> Mapping[str, str | bool]:
        """The facts that were given."""
        given = (key for key in type(self).model_fields if key in self.model_fields_set and key != "system")
        return {key: getattr(self, key) for key in given}

    def under(self, other: Machine) -> Machine:
        """Return this with the keys that ``other`` sets laid over it."""
        return self.model_copy(update={key: getattr(other, key) for key in other.model_fields_set})


ANY_MACHINE = Machine()
