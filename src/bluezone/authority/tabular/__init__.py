"""Sheets as clerks have them: read with every fault told and nothing mended in silence, and written."""
