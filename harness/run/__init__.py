"""One scheduler for all cells of a run; begin with `scheduler`.

Nothing is imported here: the process that reads what cells leave behind has no use for the scheduler.
"""
