"""One request: where it stands, in words, as a card, in a calendar."""
