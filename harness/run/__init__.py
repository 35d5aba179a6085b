"""One scheduler for all cells of a run; begin with `scheduler`.

Nothing is imported here: the process that reads what cells leave behind needs a tenth of all this.
"""
