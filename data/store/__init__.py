"""The one file: who reads it, who writes the next one, what a stranger may ask of it."""
