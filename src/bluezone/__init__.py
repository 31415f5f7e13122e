"""Bluezone: epidemic response that a city, a district or a school can run itself."""

__version__ = "0.1.0"
