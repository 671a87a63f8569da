"""Workbenches interpreted: from a scanned, typed or wedged code to the card of a record."""
