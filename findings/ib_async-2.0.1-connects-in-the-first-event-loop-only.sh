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
import importlib
import logging
import socket
import sys

library = importlib.import_module(sys.argv[1])

logging.disable(logging.CRITICAL)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]  # bound, and nobody listens: it refuses

    async def attempt() -> str:
        try:
            await library.IB().connectAsync("127.0.0.1", port, clientId=1, timeout=5)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "connected"

    print(asyncio.run(attempt()).partition(":")[0])
    print(asyncio.run(attempt()))
PYTHON

for release in ib_async==2.0.1 ib_async==2.1.0 ib_async==1.0.3 ib_insync==0.9.86; do
    python3 -m venv "$work/$release"
    "$work/$release/bin/python" -m pip install --quiet --disable-pip-version-check "$release"
    "$work/$release/bin/python" "$work/connect.py" "${release%%==*}" > "$work/$release.said"
    echo "$release: $(paste -sd, "$work/$release.said")"
done

# Print how many lines of what a release said match a pattern as a whole.
lines() { grep -cx "$2" "$work/$1.said" || true; }

[ "$(lines ib_async==2.0.1 ConnectionRefusedError)" = 1 ] || { echo "changed: 2.0.1 is not refused at first"; exit 1; }
[ "$(lines ib_async==2.0.1 'RuntimeError: Event loop is closed')" = 1 ] || { echo "changed: 2.0.1 connects in a second loop"; exit 1; }
for release in ib_async==2.1.0 ib_async==1.0.3 ib_insync==0.9.86; do
    [ "$(lines "$release" 'ConnectionRefusedError.*')" = 2 ] || { echo "changed: $release is not refused both times"; exit 1; }
done
echo "as seen: 2.0.1 stays in the loop that has ended"
