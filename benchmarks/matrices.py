"""Writes matrix files for a measurement: rows of the default matrix with other gateways."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.plan.matrix.rows import Row


@contextmanager
def matrix_of(rows: Iterable[Row], gateways: Iterable[str]) -> Iterator[Path]:
    """Yield a matrix file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "matrix.toml"
        file.write_text("\n".join([*map(_library, rows), *gateways]), "utf-8")
        yield file


def silent_gateway(port: int) -> str:
    """Return the table of a gateway at an address, open to many clients at once."""
    return (
        f'[[gateway]]\nname = "silent-{port}"\nkind = "address"\nproduct = "gateway"\nversion = "10.41"\n'
        f'host = "127.0.0.1"\nport = {port}\nconcurrency = 32\n'
    )


def simulated_gateway(number: int) -> str:
    """Return the table of a simulated gateway with a name of its own."""
    return f'[[gateway]]\nname = "simulated-{number}"\nkind = "simulator"\nproduct = "gateway"\nversion = "10.45"\n'


def _library(row: Row) -> str:
    """Return a row's table; JSON's strings and lists of strings are TOML's too."""
    keys = {
        "adapter": row.adapter,
        "name": row.name,
        "distribution": row.distribution,
        "versions": [row.version],
        "extra": list(row.requirements[1:]),
    }
    return "\n".join(["[[library]]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""])
