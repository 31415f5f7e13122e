"""The administrative areas, each keyed by its code and the day it came to be."""
