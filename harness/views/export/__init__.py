"""Exports results for other programs: test reports, a job summary, a badge."""
