"""Others who may stand where a Gateway should: servers of TLS, HTTP and SSH, as far as a client of the API gets."""

from __future__ import annotations

import asyncio
import ssl

from harness.gateways.simulator.parting import CHUNK, listen, part, until_left
from harness.known.scenarios import Behaviour

_PAGE = b"<html><head><title>400 Bad Request</title></head><body><h1>Bad Request</h1></body></html>\r\n"
_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_PAGE), _PAGE)
)


async def tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    """Be OpenSSL without a certificate: it has nothing to agree on, and says so with an alert.

    To what is no TLS at all OpenSSL 3.0 says nothing; then the behaviour's alert is sent, which other servers have.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_bio(incoming, outgoing, server_side=True)
    listen(writer)
    while data := await reader.read(CHUNK):
        incoming.write(data)
        if not _wants_more(server):
            writer.write(outgoing.read() or bytes.fromhex(behaviour.tls_alert))
            await part(reader, writer)
            return
        writer.write(outgoing.read())


def _wants_more(server: ssl.SSLObject) -> bool:
    """Go on with the handshake; tell whether it waits for the client, else it has failed."""
    try:
        server.do_handshake()
    except ssl.SSLWantReadError:
        return True
    except ssl.SSLError:  # what there is to say of it is in the alert
        return False
    raise AssertionError("a TLS handshake without a certificate came to an end")


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _behaviour: Behaviour) -> None:
    """Answer whatever comes with 400."""
    listen(writer)
    if await reader.read(CHUNK):
        writer.write(_BAD_REQUEST)
        await part(reader, writer)


async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behaviour: Behaviour) -> None:
    """Send the banner at once (RFC 4253, 4.2), wait for the client's, and close on anything else."""
    writer.write(f"{behaviour.banner}\r\n".encode())
    listen(writer)
    if (await reader.read(CHUNK)).startswith(b"SSH-"):
        await until_left(reader, writer)
    else:
        await part(reader, writer)
