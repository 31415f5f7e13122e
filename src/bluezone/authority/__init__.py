"""The authority: the server that issues codes, takes keys, publishes exports and serves the staff pages."""
