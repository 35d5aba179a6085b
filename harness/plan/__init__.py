"""Plans every cell that will be asked, and gives the reason for every absent one."""
