"""How days, times and numbers are written, by the language of the reader."""
