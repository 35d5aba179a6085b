"""Implements the command line ``ib-compat``, one file for each command."""

from harness.cli.app import main

__all__ = ["main"]
