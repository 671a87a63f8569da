"""Files go when nothing can need them any more, and not before."""

from __future__ import annotations

import asyncio
import contextvars
from datetime import UTC, datetime, timedelta
from pathlib import Path

from builder import trash
from runtime import accounts
from runtime.files import housekeeping
from runtime.records import trash as record_trash
from runtime.records import write
from runtime.records.change import Change, NewRecord, Source
from tests.runtime.files.conftest import Album, picture


def bytes_on_disk(album: Album) -> list[Path]:
    root = album.system.settings.data_dir / "files" / "attachments"
    return sorted(path for path in root.rglob("*") if path.is_file())


async def tidy(album: Album, **after: int) -> int:
    return await housekeeping.tidy(album.system, datetime.now(UTC) + timedelta(**after))


async def there(album: Album, file: str) -> bool:
    return (await album.http.get(f"/api/v1/files/{file}")).status_code == 200


async def test_an_upload_that_no_record_takes_goes_after_a_day(album: Album) -> None:
    made = await album.file(picture(), "p.png")
    assert len(bytes_on_disk(album)) == 3
    assert await tidy(album, hours=23) == 0
    assert await tidy(album, hours=25) == 1
    assert not bytes_on_disk(album)
    assert not await there(album, made["id"])
    assert (await album.create(made["id"])).status_code == 422


async def test_a_removed_file_stays_for_as_long_as_it_may_be_brought_back(album: Album) -> None:
    made = await album.file(picture(), "p.png")
    record = await album.record(made["id"])
    assert await tidy(album, days=400) == 0
    removed = await album.put(record)
    assert await tidy(album, days=29) == 0
    await album.http.post("/api/v1/undo", json={"change": removed.json()["change"]})
    assert await tidy(album, days=400) == 0
    await album.put(record)
    assert await tidy(album, days=31) == 1
    assert not bytes_on_disk(album)
    # the history still says what was there; taking the removal back says that it is gone
    assert (await album.http.get(f"/api/v1/records/{record}/history")).status_code == 200


async def test_what_another_record_holds_stays(album: Album) -> None:
    made = await album.file(b"words", "a.txt")
    first = await album.record(made["id"])
    await album.record(made["id"])
    await album.put(first)
    assert await tidy(album, days=100) == 0
    assert await there(album, made["id"])


async def test_trashed_records_hold_their_files_until_they_are_removed_for_good(album: Album) -> None:
    made = await album.file(b"words", "a.txt")
    record = await album.record(made["id"])
    gone = await album.http.request(
        "DELETE", f"/api/v1/tables/{album.table.id}/records", json={"records": [record]}
    )
    assert gone.status_code == 200
    assert await tidy(album, days=40) == 0
    actor = await accounts.person_actor(album.system, "lin@example.com")
    assert await record_trash.remove(album.system, actor, album.table.id, None) == 1
    later = 50
    assert await tidy(album, days=later) == 0  # now it is known to be loose
    assert await tidy(album, days=later + 29) == 0
    assert await tidy(album, days=later + 31) == 1


async def test_a_deleted_field_or_table_holds_its_files_until_the_trash_is_emptied(album: Album) -> None:
    made = await album.file(b"words", "a.txt")
    record = await album.record(made["id"])
    actor = await accounts.person_actor(album.system, "lin@example.com")
    assert (await album.http.delete(f"/api/v1/fields/{album.field}?confirm=true")).status_code == 204
    assert await tidy(album, days=20) == 0
    group = (await trash.list_of(album.system, actor, album.app_id))[0]
    await trash.restore(album.system, actor, group.id)
    assert (await album.cell(record)) == [made]
    assert (await album.http.delete(f"/api/v1/tables/{album.table.id}?confirm=true")).status_code == 204
    assert await tidy(album, days=60) == 0
    group = (await trash.list_of(album.system, actor, album.app_id))[0]
    await trash.remove(album.system, actor, group.id)
    assert await tidy(album, days=70) == 0
    assert await tidy(album, days=101) == 1
    assert not bytes_on_disk(album)


async def test_a_file_that_is_being_attached_is_not_removed_meanwhile(album: Album) -> None:
    made = await album.file(b"words", "a.txt")
    actor = await accounts.person_actor(album.system, "lin@example.com")
    record = NewRecord({"附件": [made["id"]]})
    change = Change(table=album.table.id, actor=actor, source=Source("api"), creates=(record,))
    async with album.system.db.transaction() as tx:
        outcome = await write.apply_in(album.system, tx, change)
        # somebody else's task, outside of this transaction
        assert await asyncio.create_task(tidy(album, days=2), context=contextvars.Context()) == 0
    assert await tidy(album, days=2) == 0
    assert await album.cell(outcome.results[0].id or "") == [made]


async def test_what_a_broken_upload_left_is_swept(album: Album) -> None:
    incoming = album.system.settings.data_dir / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    (incoming / "filBroken").write_bytes(b"half")
    await tidy(album, hours=1)
    assert list(incoming.iterdir())
    await tidy(album, hours=30)
    assert not list(incoming.iterdir())
