"""Agencies' and schools' own returns: how many of their people have the app, round by round."""
