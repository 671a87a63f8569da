"""Where definitions meet PostgreSQL: connections, meta tables, physical tables, and queries turned into SQL."""
