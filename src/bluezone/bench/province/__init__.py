"""A made-up province of full size: what its pages and imports take, cold and warm, on each database."""
