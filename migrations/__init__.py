"""The schema of the meta tables, as Piccolo migrations, and the runner that applies them."""
