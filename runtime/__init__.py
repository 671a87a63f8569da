"""The runtime interprets definitions; it knows nothing of who edits or shows them."""
