"""Runs the cells of a plan: the scheduler, the rows' workers, deadlines, and the tap that records the wire."""
