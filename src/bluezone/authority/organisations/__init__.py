"""The registry of organisations: who manages them, where they are, whom to ask, how many people they have."""
