"""An index of the runs in a results folder, in SQLite: a question about a year of nights reads only what it needs.

A run goes in once, as `results.json` has it or its journal when it died: ``record_text.py`` makes the records of a run
text, in which what repeats every night is kept once, and back. ``run_index.py`` keeps that in a file beside the runs,
and knows which run has changed since. ``indexed_run.py`` is a run of the index, which reads a cell when somebody asks.
The index can be deleted at any time: the next question makes it again.
"""
