"""Catalogues of the languages that are not the source language (Chinese)."""
