"""A row's worker process: runs the checks of its cells through an adapter, inside the row's environment.

Standard library only, Python 3.10; `docs/architecture.md` specifies what it says and hears.
"""
