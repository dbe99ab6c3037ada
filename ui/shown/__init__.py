"""The store that is shown, and its answers."""
