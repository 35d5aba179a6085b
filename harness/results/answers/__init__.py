"""Decides whether an answer is right, by comparing it with what was sent, a known truth, and other libraries."""
