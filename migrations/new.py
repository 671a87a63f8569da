"""Begins a new migration: ``make migration NAME="what it does"`` (``python -m migrations.new "what it does"``).

The number in the file's name is for reading; Piccolo orders migrations by their ``ID``.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import piccolo

from migrations.state import VERSIONS

TEMPLATE = '''"""{description}. Only adds; never imports today's models."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "{id}"
VERSION = "{version}"
DESCRIPTION = "{description}"

STATEMENTS = (
    "",
)


async def forwards() -> MigrationManager:
    """Applied by :mod:`migrations.runner`, in one transaction with the others that are outstanding."""
    manager = MigrationManager(migration_id=ID, app_name="huobiao", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None  # noqa: S101 - the runner always provides one
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
'''


def new_migration(description: str, folder: Path = VERSIONS) -> Path:
    """Write the frame of a migration and return its file. Raises ``ValueError`` for an empty description."""
    words = re.sub(r"[^a-z0-9]+", "_", description.lower()).strip("_")
    if not words:
        raise ValueError("describe the migration in English words")
    numbers = [
        int(found.group(1)) for path in folder.glob("*.py") if (found := re.search(r"_(\d{4})_", path.name))
    ]
    path = folder / f"huobiao_{max(numbers, default=0) + 1:04d}_{words[:40].strip('_')}.py"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S:%f")
    description = description.replace('"', "'")
    path.write_text(
        TEMPLATE.format(description=description, id=now, version=piccolo.__VERSION__), encoding="utf-8"
    )
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{new_migration(' '.join(sys.argv[1:]))}\n")
