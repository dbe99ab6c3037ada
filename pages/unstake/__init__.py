"""From an amount to a paid request, a file a step."""
