"""Forms at work: their addresses, what they ask, and what is submitted."""
