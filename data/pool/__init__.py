"""The contracts: their words and their arithmetic. Knows no node and no store."""
