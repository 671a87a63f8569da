"""Notes of what is written while a field gets another type: ids in a table of their own, put there by triggers.

``shadow`` is the number of the column or join table that is being filled. ``data.c<shadow>`` holds rows of the table that
have to be converted again; ``data.c<shadow>_<ending>`` rows of another table that the values depend on.
"""

from __future__ import annotations

from collections.abc import Sequence

from runtime.storage.database import Tx

OLD_FAR = "f"
"""Records that the link points at whose names become values."""
NEW_FAR = "n"
"""Records that are found by name."""


def notes_of(shadow: int, ending: str = "") -> str:
    """The table that holds the noted ids."""
    return f"data.{_name(shadow, ending)}"


def _name(shadow: int, ending: str) -> str:
    return f"c{shadow}_{ending}" if ending else f"c{shadow}"


async def note_rows(
    tx: Tx, table: int, columns: Sequence[str], shadow: int, ending: str = "", *, deleted: bool = False
) -> None:
    """From now on every new row of a table, and every one of which one of ``columns`` is written, is noted.

    ``deleted``: also one that goes into the trash or comes back.
    """
    watched = ", ".join([*columns, *(["deleted_at"] if deleted else [])])
    await tx.execute(f"CREATE TABLE {notes_of(shadow, ending)} (id bigint NOT NULL)")
    await tx.execute(
        f"CREATE TRIGGER note_{_name(shadow, ending)} AFTER INSERT OR UPDATE OF {watched} ON data.t{table}"
        f" FOR EACH ROW EXECUTE FUNCTION meta.note_row('{_name(shadow, ending)}')"
    )


async def note_pairs(tx: Tx, relation: int, near: str, shadow: int) -> None:
    """From now on every record is noted whose pairs in a join table are written; ``near``: the column that names it."""
    await tx.execute(f"CREATE TABLE {notes_of(shadow)} (id bigint NOT NULL)")
    await tx.execute(
        f"CREATE TRIGGER note_{_name(shadow, '')} AFTER INSERT OR UPDATE OR DELETE ON data.l{relation}"
        f" FOR EACH ROW EXECUTE FUNCTION meta.note_pair('{_name(shadow, '')}', '{near}')"
    )


async def take(tx: Tx, shadow: int, most: int, ending: str = "") -> tuple[int, list[int]]:
    """Take up to ``most`` notes; how many they were, and the rows they name, ascending."""
    notes = notes_of(shadow, ending)
    rows = await tx.fetch(
        f"DELETE FROM {notes} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {notes} LIMIT {int(most)})) RETURNING id"
    )
    return len(rows), sorted({row["id"] for row in rows})


async def stop(tx: Tx, shadow: int) -> None:
    """Note nothing any more, and drop the notes. Nothing happens where nothing is noted."""
    names = [_name(shadow, ending) for ending in ("", OLD_FAR, NEW_FAR)]
    rows = await tx.fetch(
        "SELECT tgname, tgrelid::regclass::text AS place FROM pg_trigger WHERE tgname = ANY($1::text[])",
        # before there were several kinds of notes, the trigger was called by the number alone
        [f"note_{shadow}", *(f"note_{name}" for name in names)],
    )
    for row in rows:
        await tx.execute(f"DROP TRIGGER {row['tgname']} ON {row['place']}")
    for name in names:
        await tx.execute(f"DROP TABLE IF EXISTS data.{name}")
