"""Defines what a cell is asked: one file for each check in ``all``, and here the parts that checks are made of.

Both halves import it: the row's environment asks, the host compares.
"""
