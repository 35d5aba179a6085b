"""Matrix files: their model, validation, rows and expectations.

Nothing is imported here, since ``noxfile.py`` imports ``harness.plan.matrix.rows`` where only nox is installed.
"""
