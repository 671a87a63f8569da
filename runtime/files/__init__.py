"""Files that people attach to records: where they lie, what they are, their small pictures, and when they go."""
