"""Every cell that will be asked, and every absent one with its reason."""
