"""What is said of programs that somebody tries."""
