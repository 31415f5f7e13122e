"""Staff accounts: create one, log in, log out."""
