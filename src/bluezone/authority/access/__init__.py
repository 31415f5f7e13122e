"""Who may see what, and the record of who did what; knows no domain."""
