"""How long it took from a request to its money."""
