"""Looking after an installation: backup, restore, and the examination behind ``huobiao doctor``."""
