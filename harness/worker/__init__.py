"""Runs the checks of a row's cells through an adapter, in a worker process inside the row's environment.

Standard library only, Python 3.10; `docs/architecture.md` specifies what it sends and receives.
"""
