"""Where a gateway comes from. Each kind is an asynchronous context manager that yields an address."""
