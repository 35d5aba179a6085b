"""Runs inside a user's Python program, and tells what happens there. Standard library only, Python 3.8 or newer."""
