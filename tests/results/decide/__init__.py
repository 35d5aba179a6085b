"""Deciding from what was measured."""
