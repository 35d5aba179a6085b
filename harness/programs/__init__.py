"""What a program of somebody else did at a gateway, and whether it does the same at another."""
