"""Recognises, by its first bytes, what speaks on a port that does not speak the TWS socket API."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources

import tomllib

from harness.diagnose.host import remember
from harness.shared.evidence import Ended, ProbeRecord
from harness.shared.hosts import Address, own_end

UNKNOWN = "unknown"

HTTP_REQUEST = b"GET / HTTP/1.0\r\n\r\n"
_READ = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """One table of ``banners.toml``."""

    name: str
    says: str
    begins: re.Pattern[str]


@cache
def banners() -> tuple[Banner, ...]:
    """Return all that can be recognised, in the order of the file."""
    tables = tomllib.loads((resources.files("harness.diagnose.control") / "banners.toml").read_text("utf-8"))["banner"]
    return tuple(
        Banner(name=table["name"], says=table["says"], begins=re.compile(table["begins"], re.IGNORECASE))
        for table in tables
    )


def recognise(data: bytes) -> str:
    """Return the name of a protocol, by the first bytes that came; ``unknown`` if they match none."""
    text = data.decode("latin-1")
    return next((banner.name for banner in banners() if banner.begins.match(text)), UNKNOWN)


def describe(name: str) -> str:
    """Return what a protocol's name means, in words."""
    return next((banner.says for banner in banners() if banner.name == name), "a protocol that ib-compat does not know")


def tls_hello() -> bytes:
    """Return the first bytes of a TLS client, as the system's own library sends them."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent after the hello, so there is nobody to trust
    client = context.wrap_bio(incoming, outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def greetings() -> Mapping[str, bytes]:
    """Return the first bytes of clients of other protocols, by the name of the attempt."""
    return {"greeted as TLS": tls_hello(), "greeted as HTTP": HTTP_REQUEST}


async def greet(address: Address, when: str, greeting: bytes, timeout: float) -> ProbeRecord:
    """Send the greeting of another protocol, and return what came back."""
    source: Address | None = None
    data = b""
    try:
        async with asyncio.timeout(timeout), _connected(address) as (reader, writer):
            source = own_end(writer)
            writer.write(greeting)
            data = await reader.read(_READ)
            ended, reason = Ended.CLOSED, "the other end closed the connection"
    except TimeoutError:
        ended, reason = Ended.SILENT, f"no answer within {timeout:g} s"
    except OSError as problem:  # a refusal or an abort does not show what speaks there
        ended, reason = Ended.RESET, str(problem)
    if data:
        ended, reason = Ended.FOREIGN, f"answered: {recognise(data)}"
    return ProbeRecord(
        when=when,
        passed=False,
        stage="version",
        reason=reason,
        ended=ended,
        address=address,
        source=source,
        timeout=timeout,
        first_bytes=data,
        received=len(data),
    )


@asynccontextmanager
async def _connected(address: Address) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*address)
    remember(own_end(writer), address)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
