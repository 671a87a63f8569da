"""What happened: the durable outbox (in PostgreSQL) and the ephemeral live channel (over Redis)."""
