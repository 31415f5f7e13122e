"""How good a warning is: published measurements of radio and distance, judged by the rules devices use."""
