"""Which published keys were heard: engines propose candidates, one shared place confirms them."""
