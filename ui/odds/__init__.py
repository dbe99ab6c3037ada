"""A release window: its odds, its words, its picture."""
