"""Decides what the evidence means: the verdict on a gateway, and on a cell."""
