"""How long the queue is, what feeds it, and what blocks it."""
