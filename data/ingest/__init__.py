"""From logs to a checked store, each log once, from a node or from files."""
