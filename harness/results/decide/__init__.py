"""What to do, from what was measured: may a gateway be upgraded, which versions to pin, which version broke it."""
