"""Makes the version reply of a simulated gateway, right or wrong."""

from __future__ import annotations

import struct
import time

from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.gateway_profiles import Profile
from harness.known.scenarios import Behaviour
from harness.wire.codec import Codec
from harness.wire.framing import encode_frame
from harness.wire.hello import Hello, VersionReply, negotiate

EARLY_NOTICE = 2104

_LAST_TEXT = 200
"""Last server version that is text throughout: before the version reply no client expects anything else."""

_LENGTH = struct.Struct(">I")
_SPLIT_AT = 6
"""Bytes of the version reply before it is cut: its length, and two digits."""

_REDIRECT = -1
"""Replaces the server version in a redirect; the target replaces the time (IBKR's clients for Java and C#)."""


def reply_to(hello: Hello, profile: Profile, behaviour: Behaviour) -> VersionReply | None:
    """Return what the gateway answers; ``None`` if the version ranges do not meet."""
    if behaviour.redirects_to is not None:
        return VersionReply(server_version=_REDIRECT, connection_time=behaviour.redirects_to)
    version = behaviour.server_version
    if version is None:
        version = negotiate(hello, gateway_min=profile.min_server_version, gateway_max=profile.server_version)
    if version is None:
        return None
    return VersionReply(server_version=version, connection_time=_clock(behaviour))


def _clock(behaviour: Behaviour) -> str:
    return time.strftime("%Y%m%d %H:%M:%S %Z", time.localtime(time.time() + behaviour.clock_ahead))


def goes_on(behaviour: Behaviour) -> bool:
    """Return whether a client could continue after the reply. What a Gateway does with one that tries is unknown."""
    wrong = (behaviour.redirects_to, behaviour.version_payload, behaviour.version_length)
    return all(each is None for each in wrong)


def pieces(reply: VersionReply, behaviour: Behaviour) -> tuple[bytes, ...]:
    """Return the bytes of a reply, in pieces that must not be read as one."""
    data = _spoilt(reply.encode(), behaviour)
    if behaviour.split_version_reply:
        return data[:_SPLIT_AT], data[_SPLIT_AT:]
    if behaviour.early_notice:
        notice = error(EARLY_NOTICE, "Market data farm connection is OK:usfarm")
        return encode_frame(Codec(min(reply.server_version, _LAST_TEXT)).encode(notice)), data
    return (data,)


def _spoilt(data: bytes, behaviour: Behaviour) -> bytes:
    if behaviour.version_payload is not None:
        data = encode_frame(bytes.fromhex(behaviour.version_payload))
    if behaviour.version_length is not None:
        data = _LENGTH.pack(behaviour.version_length) + data[_LENGTH.size :]
    return data
