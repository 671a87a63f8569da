"""Applying migrations: :func:`migrate`, :func:`pending`, :func:`applied`.

All outstanding migrations run in one transaction under an advisory lock: two processes that start at once
do not disturb each other, and a migration that fails leaves the database as it was. A new migration is made
by ``make migration NAME="what it does"``; it only adds, and never imports today's models.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import structlog

os.environ["PICCOLO_CONF"] = "migrations.piccolo_conf"  # the only way Piccolo lets itself be told

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig, Finder
from piccolo.engine.postgres import PostgresEngine

from migrations import piccolo_conf
from migrations.piccolo_app import APP_NAME
from runtime.errors import ServiceUnavailable
from runtime.i18n import N_

# one number per purpose in this database; the others are in runtime.storage
_LOCK = 7000
OLDEST_SERVER = 150000

log = structlog.get_logger(__name__)


async def migrate(database_url: str) -> list[str]:
    """Bring the database up to date; returns the ids applied by this call, oldest first (empty: nothing to
    do).

    Waits while another process migrates. Raises :class:`ServiceUnavailable` when the server is older than
    PostgreSQL 15 or cannot be reached; any error of a migration itself is raised as it is, with nothing
    changed.
    """
    missing: list[str] = []
    async with _engine(database_url) as engine, engine.transaction() as transaction:
        await transaction.connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await transaction.connection.execute("SET LOCAL client_min_messages = warning")
        await transaction.connection.execute("CREATE SCHEMA IF NOT EXISTS meta")
        manager = ForwardsMigrationManager(app_name=APP_NAME)
        with contextlib.redirect_stdout(io.StringIO()):  # Piccolo tells the terminal what it does
            await manager.create_migration_table()
            config = manager.get_app_config(APP_NAME)
            missing = await _missing(config)
            await manager.run_migrations(config)
    if missing:
        log.info("database migrated", applied=missing)
    return missing


async def pending(database_url: str) -> list[str]:
    """The ids of migrations not yet applied, oldest first. Changes nothing."""
    done = set(await applied(database_url))
    return [migration for migration in _all_ids(Finder().get_app_config(APP_NAME)) if migration not in done]


async def applied(database_url: str) -> list[str]:
    """The ids of migrations that have been applied, in that order; empty for a database without our
    tables.
    """
    async with _engine(database_url) as engine:
        known = await engine._run_in_new_connection(
            "SELECT to_regclass('meta.migration') IS NOT NULL AS known"
        )
        return await Migration.get_migrations_which_ran(app_name=APP_NAME) if known[0]["known"] else []


async def _missing(config: AppConfig) -> list[str]:
    applied = await Migration.get_migrations_which_ran(app_name=APP_NAME)
    return [migration for migration in _all_ids(config) if migration not in set(applied)]


def _all_ids(config: AppConfig) -> list[str]:
    manager = ForwardsMigrationManager(app_name=APP_NAME)
    return sorted(manager.get_migration_modules(str(Path(config.resolved_migrations_folder_path))))


class _Engine(PostgresEngine):
    async def check_version(self) -> None:
        """Piccolo asks for the version in a loop of its own; :func:`_check_server` has done so already."""


@contextlib.asynccontextmanager
async def _engine(database_url: str) -> AsyncIterator[PostgresEngine]:
    """A Piccolo engine over one connection, where Piccolo looks for it."""
    await _check_server(database_url)
    engine = _Engine(config={"dsn": database_url})
    before, piccolo_conf.DB = piccolo_conf.DB, engine
    Migration._meta.db = engine
    try:
        yield engine
    finally:
        piccolo_conf.DB = before


async def _check_server(database_url: str) -> None:
    try:
        connection = await asyncpg.connect(database_url)
    except (OSError, asyncpg.PostgresError) as error:
        raise ServiceUnavailable(N_("连不上数据库:{reason}"), reason=str(error)) from error
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        encoding = await connection.fetchval("SHOW server_encoding")
    finally:
        await connection.close()
    if version < OLDEST_SERVER:
        raise ServiceUnavailable(
            N_("数据库是 PostgreSQL {found},需要 15 或更新的版本"), found=version // 10000
        )
    if encoding != "UTF8":
        raise ServiceUnavailable(N_("数据库的编码是 {found},需要 UTF8"), found=encoding)
