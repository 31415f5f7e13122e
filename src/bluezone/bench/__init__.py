"""Figures of how fast Bluezone is, each beside a plain second implementation measured in the same run."""
