"""Applying migrations: :func:`migrate`.

All outstanding migrations run in one transaction under an advisory lock: two processes that start at once do not
disturb each other, and a migration that fails leaves the database as it was. A new migration is made by
``make migration NAME="what it does"``; it only adds, and never imports today's models.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import AsyncIterator

import structlog

os.environ["PICCOLO_CONF"] = "migrations.piccolo_conf"  # the only way Piccolo lets itself be told

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.engine.postgres import PostgresEngine

from migrations import piccolo_conf
from migrations.state import APP_NAME, applied, known, pending

__all__ = ["applied", "migrate", "pending"]

# one number per purpose in this database; the others are in runtime.catalog and runtime.accounts
_LOCK = 7000

log = structlog.get_logger(__name__)


async def migrate(database_url: str) -> list[str]:
    """Bring the database up to date; returns the ids applied by this call, oldest first (empty: nothing to do).

    Waits while another process migrates. Raises what :func:`migrations.state.applied` raises; any error of a
    migration itself is raised as it is, with nothing changed.
    """
    if not await pending(database_url):
        return []
    missing: list[str] = []
    async with _engine(database_url) as engine, engine.transaction() as transaction:
        await transaction.connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await transaction.connection.execute("SET LOCAL client_min_messages = warning")
        await transaction.connection.execute("CREATE SCHEMA IF NOT EXISTS meta")
        manager = ForwardsMigrationManager(app_name=APP_NAME)
        with contextlib.redirect_stdout(io.StringIO()):  # Piccolo tells the terminal what it does
            await manager.create_migration_table()
            done = set(await Migration.get_migrations_which_ran(app_name=APP_NAME))
            missing = [migration for migration in known() if migration not in done]
            await manager.run_migrations(manager.get_app_config(APP_NAME))
    if missing:
        log.info("database migrated", applied=missing)
    return missing


class _Engine(PostgresEngine):
    async def check_version(self) -> None:
        """Piccolo asks for the version in a loop of its own; we have asked already."""


@contextlib.asynccontextmanager
async def _engine(database_url: str) -> AsyncIterator[PostgresEngine]:
    """A Piccolo engine over one connection, where Piccolo looks for it."""
    engine = _Engine(config={"dsn": database_url})
    before, piccolo_conf.DB = piccolo_conf.DB, engine
    Migration._meta.db = engine
    try:
        yield engine
    finally:
        piccolo_conf.DB = before
