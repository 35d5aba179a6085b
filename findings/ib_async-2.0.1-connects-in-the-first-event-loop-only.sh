#!/usr/bin/env bash
# ib_async 2.0.1: `util.getLoop` is cached for ever, so the library lives in the event loop in which it was asked first. A program that
# calls asyncio.run() for each attempt to connect, as one that waits for the nightly restart of its Gateway may, gets through
# once at most. From the second attempt on it hears "Event loop is closed", whatever the Gateway does, until it is started anew.
#
#   ib_async 2.0.1: first ConnectionRefusedError, then RuntimeError: Event loop is closed
#   ib_async 2.1.0: ConnectionRefusedError both times, and so it is with ib_async 1.0.3 and ib_insync 0.9.86
#
# Seen on 2026-11-30, Python 3.11. Needs python3 with venv, and an index.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/connect.py" <<'PYTHON'
import asyncio
import logging
import socket

import ib_async

logging.disable(logging.CRITICAL)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]  # bound, and nobody listens: it refuses

    async def attempt() -> str:
        try:
            await ib_async.IB().connectAsync("127.0.0.1", port, clientId=1, timeout=5)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "connected"

    print(asyncio.run(attempt()).partition(":")[0])
    print(asyncio.run(attempt()))
PYTHON

for version in 2.0.1 2.1.0; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/python" -m pip install --quiet --disable-pip-version-check "ib_async==$version"
    "$work/$version/bin/python" "$work/connect.py" > "$work/$version.said"
    echo "ib_async $version: $(paste -sd, "$work/$version.said")"
done

grep -q '^ConnectionRefusedError$' "$work/2.0.1.said" || { echo "changed: 2.0.1 is not refused at first"; exit 1; }
grep -q '^RuntimeError: Event loop is closed$' "$work/2.0.1.said" || { echo "changed: 2.0.1 connects in a second loop"; exit 1; }
if grep -q '^RuntimeError' "$work/2.1.0.said"; then
    echo "changed: 2.1.0 does the same"
    exit 1
fi
echo "as seen: 2.0.1 stays in the loop that has ended"
