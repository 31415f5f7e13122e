"""What an attacker learns from export files alone: whose keys belong together, and which keys nobody has."""
