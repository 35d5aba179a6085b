"""Holds what every room may import: the grid's statuses, errors, and one record for each fact. Standard library only.

The parts that a row's environment imports run on Python 3.10: ``confine``, ``desupport_text``, ``moments``.
"""
