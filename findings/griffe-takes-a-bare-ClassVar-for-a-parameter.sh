#!/usr/bin/env bash
# griffe 2.4.1 (PyPI: griffelib) reads the calls of a dataclass from its source, and takes a field that is annotated with a bare
# `ClassVar` for a parameter of `__init__`. Python's dataclasses leave it out, with or without a type in brackets (PEP 557). So a comparison of
# two versions (`find_breaking_changes`) names parameters that no call ever took, and says that all behind them have moved:
#
#   Python: ['x']
#   griffe: ['self', 'x', 'events']
#
# `ClassVar[tuple]` is read rightly. ib_insync 0.9.86 and ib_async up to 2.1.0 write bare ones in three dataclasses (Trade, Ticker, IBC), so
# calls of these seem to change where only such a field does.
#
# Seen on 2026-11-30, Python 3.11. Needs python3 with venv, and an index.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/python"
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check 'griffelib==2.4.1'

mkdir "$work/records"
cat > "$work/records/__init__.py" <<'PYTHON'
from dataclasses import dataclass
from typing import ClassVar


@dataclass
class Record:
    x: int
    events: ClassVar = ("updateEvent",)
    kinds: ClassVar[tuple] = ("a",)
PYTHON

cat > "$work/read.py" <<'PYTHON'
import inspect
import sys

import griffe

sys.path.insert(0, sys.argv[1])
import records

python = list(inspect.signature(records.Record).parameters)
read = [each.name for each in griffe.load("records", search_paths=[sys.argv[1]], allow_inspection=False)["Record"].parameters]
print("Python:", python)
print("griffe:", read)
assert python == ["x"] and read == ["self", "x", "events"], "changed: griffe reads a bare ClassVar otherwise"
PYTHON

"$work/python/bin/python" "$work/read.py" "$work" || { echo "changed, or griffe has another form"; exit 1; }
echo "as seen: a bare ClassVar is a parameter to griffe, and none to Python"
