"""Shows a run in a terminal: progress, the grid, and what each red square means."""
