"""Campaigns: long attacks on ib-compat itself, outside the tests. Each is seeded, and ends with a figure."""
