"""Results for other programs: test reports, a page for a job's summary, a badge."""
