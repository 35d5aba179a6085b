"""Reads matrix files: their model, validation, rows and expectations.

Nothing is imported here, because ``noxfile.py`` imports ``harness.plan.matrix.rows`` where only nox is installed.
"""
