"""What people see: a terminal, a page for a browser, and files for other programs."""
