"""Whether the figures can be trusted, and what they rest on."""
