#!/usr/bin/env bash
# ib_async 2.0.1 and 2.1.0: reqMktData, reqMktDepth and reqTickByTickData raise ValueError for a contract that has no conId, before
# anything is sent. ib_async 1.0.3 and ib_insync 0.9.86 send it, and a Gateway finds the stock by its symbol. reqRealTimeBars sends it
# in all of them, and so do requests for history. The error speaks of hashing; the recipes in the library's own documents ask for depth
# and dividends of such contracts. Call qualifyContracts first.
#
#   ib_async 1.0.3: reqMktData asked, reqMktDepth asked, reqTickByTickData asked, reqRealTimeBars asked
#   ib_async 2.0.1 and 2.1.0: the first three ValueError: Contract Stock(…) can't be hashed because no 'conId' value exists. …
#
# Seen on 2026-11-30, Python 3.11. Needs python3 with venv, and an index.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/ask.py" <<'PYTHON'
import importlib
import sys

library = importlib.import_module(sys.argv[1])
ib = library.IB()
client = ib.client
client.connState, client._apiReady, client._serverVersion, client._reqIdSeq = client.CONNECTED, True, 176, 1
sent = []
client.send = lambda *fields, **_: sent.append(fields)
asked = {"reqMktData": (), "reqMktDepth": (), "reqTickByTickData": ("Last",), "reqRealTimeBars": (5, "TRADES", True)}
for name, rest in asked.items():
    sent.clear()
    try:
        getattr(ib, name)(library.Stock("AAPL", "SMART", "USD"), *rest)
    except ValueError as error:
        print(name, "ValueError", "can't be hashed" in str(error), len(sent))
    else:
        print(name, "asked", len(sent))
client.connState = client.DISCONNECTED
PYTHON

for package in ib_insync==0.9.86 ib_async==1.0.3 ib_async==2.0.1 ib_async==2.1.0; do
    python3 -m venv "$work/$package"
    "$work/$package/bin/python" -m pip install --quiet --disable-pip-version-check "$package"
    "$work/$package/bin/python" "$work/ask.py" "${package%%=*}" > "$work/$package.said"
    echo "$package: $(paste -sd, "$work/$package.said")"
done

for old in ib_insync==0.9.86 ib_async==1.0.3; do
    [ "$(grep -c ' asked 1$' "$work/$old.said")" = 4 ] || { echo "changed: $old does not ask all four"; exit 1; }
done
for new in ib_async==2.0.1 ib_async==2.1.0; do
    [ "$(grep -c ' ValueError True 0$' "$work/$new.said")" = 3 ] || { echo "changed: $new does not refuse three"; exit 1; }
    grep -q '^reqRealTimeBars asked 1$' "$work/$new.said" || { echo "changed: $new refuses real-time bars"; exit 1; }
done
echo "as seen: since 2.0.1 three of four streams need a conId"
