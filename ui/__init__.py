"""What pages are made of: the store they show, charts, words, and the frame around them."""
