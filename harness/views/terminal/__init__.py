"""What people see of a run: progress, the grid, and what each red square means."""
