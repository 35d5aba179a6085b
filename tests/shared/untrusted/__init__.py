"""Tests of what code of others is told and kept from."""
