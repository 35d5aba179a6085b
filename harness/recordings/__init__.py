"""Recordings of gateways: what they are, how they are cleaned, written, read and understood."""
