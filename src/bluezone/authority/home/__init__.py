"""The first page of staff, with today's work, and the search over the whole site."""
