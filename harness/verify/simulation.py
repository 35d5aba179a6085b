"""Chooses the simulated gateway that a recording is compared with: the version that was recorded, or the nearest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from harness.gateways.simulator import gateway_profiles
from harness.gateways.simulator.gateway_profiles import Profile
from harness.known.scenarios import Behaviour, TimeZones
from harness.recordings.exchange import Dialogue
from harness.recordings.recording import GatewayRecorded, Recording
from harness.shared import desupport_text
from harness.wire.message import Message

_MINOR = re.compile(r"\d+\.\d+")
_BUILD = re.compile(r"(\d{2})(\d{2})\.\d+\w*")
"""How a notice 2172 writes a build: 1045.1 is 10.45.1."""

SETTINGS = (
    *("read_only", "socket_port", "master_client_id", "localhost_only", "rejects_above_max_rate", "sends_lots"),
    *("download_open_orders", "bypass_order_precautions"),
)
"""Settings that a gateway tells, and that a simulated one can have, by the names of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A simulated gateway.

    Args:
        profile: the version.
        why: in words, why it is that one.
        exact: whether it is the version that was recorded, as far as anybody can tell.
        mode: ``paper`` or ``live``.
        behaviour: its settings.
        began: the moment with which its clock begins.
        seed: that of its market; ``None`` if that stands still.
        fresh: whether its accounts hold nothing.
        apart: whether each client id has orders and accounts of its own, as in a run of a matrix.
    """

    profile: Profile
    why: str
    exact: bool
    mode: str
    behaviour: Behaviour
    began: datetime
    seed: int | None
    fresh: bool
    apart: bool


def simulation_of(
    recording: Recording,
    dialogues: Sequence[Dialogue],
    *,
    profile: str | None = None,
    began: datetime | None = None,
    seed: int | None = None,
    fresh: bool = False,
) -> Simulation:
    """Return the simulated gateway that should answer as a recorded one did.

    Args:
        recording: what is recorded.
        dialogues: its connections.
        profile: the version to take, whatever was recorded.
        began: the moment with which its clock begins, if that is not when the recording began.
        seed: that of its market; by default the market stands still.
        fresh: whether its accounts hold nothing.

    Raises:
        SelectionError: there is no profile of that name.
    """
    gateway = recording.manifest.gateway
    if profile is not None:
        chosen, why, exact = gateway_profiles.find(profile), "named on the command line", True
    else:
        chosen, why, exact = _chosen(gateway, dialogues)
    return Simulation(
        profile=chosen,
        why=why,
        exact=exact,
        mode=gateway.mode or "paper",
        behaviour=behaviour_of(dialogues, paced=gateway.kind != "simulator"),
        began=began or recording.manifest.began,
        seed=seed,
        fresh=fresh,
        apart=gateway.kind == "simulator",
    )


def _chosen(gateway: GatewayRecorded, dialogues: Sequence[Dialogue]) -> tuple[Profile, str, bool]:
    product = gateway.product or "gateway"
    profiles = gateway_profiles.load()
    for build, source in ((gateway.build, "its build"), (build_in_notice(dialogues), "its notice 2172")):
        minor = _MINOR.match(build)
        found = minor and (profiles.get(f"{product}-{minor[0]}") or profiles.get(f"gateway-{minor[0]}"))
        if found:
            return found, f"{source} is {build}", True
    return _by_server_version(product, dialogues, profiles)


def _by_server_version(
    product: str, dialogues: Sequence[Dialogue], profiles: Mapping[str, Profile]
) -> tuple[Profile, str, bool]:
    wanted, measured = server_version_of(dialogues)
    of_product = [each for each in profiles.values() if each.product == product] or list(profiles.values())
    able = [each for each in of_product if each.server_version >= wanted]
    chosen = min(able, key=lambda each: each.server_version) if able else of_product[-1]
    if measured and chosen.server_version == wanted:
        return chosen, f"its server version is {wanted}", True
    if measured:
        return chosen, f"the nearest to server version {wanted}, which no known version has", False
    return chosen, f"the oldest that speaks server version {wanted}; nobody asked for more", False


def server_version_of(dialogues: Sequence[Dialogue]) -> tuple[int, bool]:
    """Return the highest server version that was negotiated, and whether the gateway's own can be no higher."""
    spoken = [each for each in dialogues if each.reply is not None]
    highest = max((each.server_version for each in spoken), default=0)
    return highest, any(each.hello.max_version > each.server_version == highest for each in spoken)


def build_in_notice(dialogues: Sequence[Dialogue]) -> str:
    """Return the version that a gateway calls itself in notice 2172, as 10.45; empty if it has not sent one."""
    notice = desupport_in(dialogues)
    match = None if notice is None else _BUILD.fullmatch(notice.version)
    return f"{int(match[1])}.{int(match[2])}" if match else ""


def desupport_in(dialogues: Sequence[Dialogue]) -> desupport_text.Desupport | None:
    """Return what a notice 2172 says; ``None`` if there is none."""
    texts = (text for code, text in notices_in(dialogues) if code == desupport_text.CODE)
    return next((read for read in map(desupport_text.read, texts) if read is not None), None)


def notices_in(dialogues: Sequence[Dialogue]) -> Iterator[tuple[int, str]]:
    """Yield code and text of each notice that belongs to no request."""
    for dialogue in dialogues:
        for told in (*dialogue.greeting, *dialogue.unasked):
            message = dialogue.read(told) if told.name == "error" else None
            if message is not None:
                yield message.number("code"), message.text("text")


def behaviour_of(dialogues: Sequence[Dialogue], *, paced: bool = True) -> Behaviour:
    """Return the settings that a gateway told or showed.

    Args:
        dialogues: its connections.
        paced: whether it keeps IBKR's limits of pace, as every real one does.
    """
    given: dict[str, object] = {"pacing": True} if paced else {}
    zone = zone_of(dialogues)
    if zone:
        given["login_zone"] = zone
    return Behaviour.model_validate({**given, **told_settings(dialogues)})


def told_settings(dialogues: Sequence[Dialogue]) -> Mapping[str, object]:
    """Return what a gateway answered to a request for its settings, as far as a simulated one can have them."""
    config = next(_configs(dialogues), None)
    if config is None:
        return {}
    settings = {key: config[key] for key in SETTINGS if config[key] is not None}
    return settings | ({"time_zone": config["time_zone"]} if config["time_zone"] in list(TimeZones) else {})


def _configs(dialogues: Sequence[Dialogue]) -> Iterator[Message]:
    for dialogue in dialogues:
        answers = (told for exchange in dialogue.exchanges for told in exchange.answers if told.name == "config")
        yield from filter(None, map(dialogue.read, answers))


def zone_of(dialogues: Sequence[Dialogue]) -> str:
    """Return the zone that a gateway's version reply names, if it is one by which others know it; else nothing."""
    zone = zone_told(dialogues)
    return zone if zone in available_timezones() else ""


def zone_told(dialogues: Sequence[Dialogue]) -> str:
    """Return the zone that a gateway's version reply names, in its own words; nothing if it names none."""
    times = (each.reply.connection_time.split(" ", 2) for each in dialogues if each.reply is not None)
    return next((parts[2] for parts in times if len(parts) > 2), "")  # noqa: PLR2004 - day, time of day, zone
