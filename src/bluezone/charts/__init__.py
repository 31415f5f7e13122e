"""Charts as SVG: for results that a person looks at in a file, without a browser or a plotting library."""
