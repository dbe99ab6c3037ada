"""Every query with its inputs, every table, and a box for SQL of one's own."""
