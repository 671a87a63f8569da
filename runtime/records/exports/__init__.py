"""Writing rows to files: exports, and the rows of an import that had errors."""
