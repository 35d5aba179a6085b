"""Starts a row's worker: ``<row python> -I harness/worker/bootstrap.py --adapter … --distribution … --mode …``.

With the name of another module as the first word it starts that: ``bootstrap.py harness.situations.process …``.
``-I`` keeps this folder and the host's environment variables out; this file makes exactly two packages importable,
from their folders, so that neither the checkout nor the packages that are installed beside it come onto ``sys.path``.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("adapters", "harness")


def provide(name: str) -> None:
    """Make the package in the folder ``name`` importable, and nothing else in that place.

    Errors: ``ImportError`` if the folder is not a package.
    """
    folder = ROOT / name
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no package {name} in {ROOT}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def start() -> None:
    """Run the worker, or what the first word names, with the arguments of this process; does not return."""
    for name in PACKAGES:
        provide(name)
    from harness.shared.confine import confine  # noqa: PLC0415 - importable only now

    arguments = sys.argv[1:]
    program = "harness.worker.process" if arguments[0].startswith("-") else arguments.pop(0)
    main = importlib.import_module(program).main
    confine()  # before the library is imported, with one thread; if it is impossible, the run continues
    main(arguments)


if __name__ == "__main__":
    start()
