"""Shows results to people: a terminal, a page for a browser, and files for other programs."""
