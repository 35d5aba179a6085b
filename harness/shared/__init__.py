"""What every room may import: the words of the grid, errors, and one record for each fact. Standard library only.

What a row's environment imports of it runs on Python 3.10: ``confine``, ``desupport_text``, ``moments``.
"""
