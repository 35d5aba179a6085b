r"""Encodes and decodes the first bytes of a connection: the client's hello, and the Gateway's version reply.

The hello is ``API\0``, a length, then ``v<min>..<max>`` or ``v<only>``, then perhaps a space and options. The reply is
one frame of two fields, the negotiated server version and the connection time, as text at every version. Sources: the
``connect`` of every published client; a trailing NUL counted in the length is accepted by real Gateways (osauer/ibkr).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from harness.wire.framing import encode_frame
from harness.wire.wire_errors import ProtocolError

PREFIX = b"API\0"
MAX_HELLO = 4096
"""Longest version text accepted, in bytes; connect options make it longer than the usual nine."""

_LENGTH = struct.Struct(">I")
_HEAD = len(PREFIX) + _LENGTH.size
_VERSIONS = re.compile(r"v(\d{1,9})(?:\.\.(\d{1,9}))?(?: (.*))?", re.DOTALL)
REPLY_FIELDS = 2
_SERVER_VERSION = re.compile(rb"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a client announces: the server versions it speaks, and its connect options."""

    min_version: int
    max_version: int
    options: str = ""

    def encode(self) -> bytes:
        """Return the bytes as the official client sends them; one version only as ``v<only>``.

        Raises:
            ProtocolError: no Gateway could read it back: an empty range, options that are not ASCII or too long.
        """
        single = self.min_version == self.max_version
        versions = f"v{self.max_version}" if single else f"v{self.min_version}..{self.max_version}"
        text = f"{versions} {self.options}" if self.options else versions
        payload = text.encode("ascii", "replace")
        if len(payload) > MAX_HELLO or parse_versions(payload) != self:
            raise ProtocolError(f"a hello cannot express {self!r:.120}", offset=0)
        return PREFIX + encode_frame(payload)


class HelloReader:
    """Collects a hello from a stream, split anywhere; refuses what cannot become one as soon as that is certain."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> tuple[Hello, bytes] | None:
        """Take the next bytes; return the hello and the bytes after it once it is complete.

        Raises:
            ProtocolError: the bytes are not a hello: another prefix, an impossible length, no version range.
        """
        self._buffer += data
        try:
            return self._complete()
        except ProtocolError:
            del self._buffer[_HEAD + MAX_HELLO :]  # what made it bad stays, and so it stays bad
            raise

    def _complete(self) -> tuple[Hello, bytes] | None:
        self._check_prefix()
        if len(self._buffer) < _HEAD:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, len(PREFIX))
        if not 0 < length <= MAX_HELLO:
            raise ProtocolError(
                f"a hello of {length} bytes is not valid",
                offset=len(PREFIX),
                data=bytes(self._buffer[:16]),
            )
        if len(self._buffer) < _HEAD + length:
            return None
        text = bytes(self._buffer[_HEAD : _HEAD + length])
        return parse_versions(text, offset=_HEAD), bytes(self._buffer[_HEAD + length :])

    def _check_prefix(self) -> None:
        head = bytes(self._buffer[: len(PREFIX)])
        for offset, (seen, wanted) in enumerate(zip(head, PREFIX, strict=False)):
            if seen != wanted:
                excerpt = bytes(self._buffer[:16])
                raise ProtocolError(
                    "not a TWS API hello: it does not begin with 'API' and a NUL", offset=offset, data=excerpt
                )


def parse_versions(text: bytes, *, offset: int = 0) -> Hello:
    """Read ``v<min>..<max>`` or ``v<only>`` with its options.

    Raises:
        ProtocolError: it is neither, or the range is empty.
    """
    match = _VERSIONS.fullmatch(text.rstrip(b"\0").decode("ascii", "backslashreplace"))
    if match is None:
        raise ProtocolError("the hello names no version range", offset=offset, data=text)
    low = int(match[1])
    hello = Hello(min_version=low, max_version=int(match[2] or low), options=match[3] or "")
    if hello.max_version < hello.min_version:
        raise ProtocolError("the hello's version range is empty", offset=offset, data=text)
    return hello


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReply:
    """The Gateway's answer to a hello.

    Args:
        server_version: the negotiated version; -1 announces a redirect, with ``host:port`` in place of the time.
        connection_time: ``yyyymmdd hh:mm:ss zone``; the zone is whatever the host's system calls it.
    """

    server_version: int
    connection_time: str

    def encode(self) -> bytes:
        """Return the frame; always two text fields, whatever the version.

        Raises:
            ProtocolError: no client could read it back, as with a NUL in the time.
        """
        payload = f"{self.server_version}\0{self.connection_time}\0".encode("utf-8", "replace")
        if parse_version_reply(payload) != self:
            raise ProtocolError(f"a version reply cannot express {self!r:.120}", offset=0)
        return encode_frame(payload)


def parse_version_reply(payload: bytes) -> VersionReply:
    """Read a version reply's payload.

    Raises:
        ProtocolError: not two fields, or the first is not a number.
    """
    fields = payload.split(b"\0")
    if len(fields) != REPLY_FIELDS + 1 or fields[-1]:
        raise ProtocolError("a version reply must have two fields", offset=0, data=payload)
    if _SERVER_VERSION.fullmatch(fields[0]) is None:
        raise ProtocolError("the server version is not a number", offset=0, data=payload)
    # Zones arrive in the host's own code page; what is not UTF-8 is kept as escapes, since no client needs it.
    zone = fields[1].decode("utf-8", "backslashreplace")
    return VersionReply(server_version=int(fields[0]), connection_time=zone)


def negotiate(hello: Hello, *, gateway_min: int, gateway_max: int) -> int | None:
    """Return the version that a Gateway answers with, the lower of both maxima; ``None`` if the ranges do not meet.

    It is unknown what a real Gateway does if the ranges do not overlap.
    """
    version = min(hello.max_version, gateway_max)
    return version if version >= max(hello.min_version, gateway_min) else None
