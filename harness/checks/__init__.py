"""What a cell is asked: one file a check in ``all``, and here what a check is and what it says of its answer.

Both halves read it: the row's environment asks, the host compares.
"""
