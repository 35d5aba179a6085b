"""Runs all cells of a plan with one scheduler."""
