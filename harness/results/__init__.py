"""Holds what a run left: records, journal and verdicts, and everything that can be concluded from them."""
