"""Asks a simulated gateway what was asked in a recording, and says where it answers differently."""
