"""One scheduler for all cells of a run."""
