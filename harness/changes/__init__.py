"""Says what changes for user code between two versions of a library: both meet the same situations."""
