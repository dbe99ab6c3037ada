"""Where is mine, by address, transaction or request id."""
