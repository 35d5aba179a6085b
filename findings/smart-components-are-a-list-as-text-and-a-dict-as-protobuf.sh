#!/usr/bin/env bash
# ibapi 10.51.1 (PyPI: ibapi-latest): the callback `smartComponents` gets a list of objects if the gateway answers as text, and a dict if it
# answers as protobuf. Which of the two comes depends on the gateway's server version alone, so a program that runs for years breaks on the
# day on which the Gateway is upgraded, with the same client.
#
#   as text: list of SmartComponent (bitNumber, exchange, exchangeLetter)
#   as protobuf: dict from the bit number to (exchange, letter)
#
# A loop over the answer still runs: it yields integers then, in place of objects, and fails where it reads `.exchange`. Code that must
# outlive an upgrade asks which of the two it got.
#
# Seen on 2026-11-30, Python 3.11. Needs python3 with venv, and an index.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/python"
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check 'ibapi-latest==10.51.1' 'protobuf>=5.29.5'

cat > "$work/ask.py" <<'PYTHON'
from ibapi.decoder import Decoder
from ibapi.protobuf.SmartComponents_pb2 import SmartComponents
from ibapi.wrapper import EWrapper


class Wrapper(EWrapper):
    def smartComponents(self, reqId, smartComponentMap):
        self.got = smartComponentMap


def answered(version, read):
    wrapper = Wrapper()
    read(Decoder(wrapper, version))
    return wrapper.got


def as_text(decoder):
    decoder.processSmartComponents(iter([b"7", b"1", b"9", b"ISLAND", b"Q"]))


def as_protobuf(decoder):
    message = SmartComponents(reqId=7)
    component = message.smartComponents.add()
    component.bitNumber, component.exchange, component.exchangeLetter = 9, "ISLAND", "Q"
    decoder.processSmartComponentsMsgProtoBuf(message.SerializeToString())


text, protobuf = answered(187, as_text), answered(225, as_protobuf)
print("as text:", type(text).__name__, "of", [(each.bitNumber, each.exchange, each.exchangeLetter) for each in text])
print("as protobuf:", type(protobuf).__name__, protobuf)
assert isinstance(text, list) and isinstance(protobuf, dict), "changed: both have one form"
PYTHON

"$work/python/bin/python" "$work/ask.py" || { echo "changed, or ibapi has another form"; exit 1; }
echo "as seen: a list as text, a dict as protobuf"
