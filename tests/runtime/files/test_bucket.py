"""Attachments in an S3 bucket (a stand-in that checks signatures), and installations that move between stores."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from runtime.errors import ServiceUnavailable
from runtime.files import housekeeping
from runtime.files.stores import BucketStore, stores_of
from runtime.settings import Settings
from tests.runtime.files.conftest import Album, picture
from tests.standins.s3 import BucketStandIn


@pytest.fixture
def bucket() -> Iterator[BucketStandIn]:
    with BucketStandIn() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, bucket: BucketStandIn) -> Settings:
    """The installation of a test, with the bucket."""
    return msgspec.structs.replace(
        settings,
        s3_endpoint=bucket.url,
        s3_bucket=bucket.name,
        s3_region=bucket.region,
        s3_access_key=bucket.access_key,
        s3_secret_key=bucket.secret_key,
    )


async def test_files_lie_in_the_bucket_and_nowhere_else(album: Album, bucket: BucketStandIn) -> None:
    content = picture(300, 200)
    made = await album.file(content, "照片.png")
    assert sorted(key.rpartition(".")[2] for key in bucket.objects) == sorted(
        ["webp", "webp", next(key for key in bucket.objects if "." not in key)]
    )
    assert not any("照片" in key for key in bucket.objects)
    assert not (album.system.settings.data_dir / "files" / "attachments").exists()
    assert (await album.http.get(made["url"])).content == content
    part = await album.http.get(made["url"], headers={"range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, content[5:15])
    assert (await album.http.get(made["thumbnail_url"])).headers["content-type"] == "image/webp"
    assert await housekeeping.tidy(album.system, datetime.now(UTC) + timedelta(days=2)) == 1
    assert not bucket.objects


async def test_large_files_go_in_parts(album: Album, bucket: BucketStandIn) -> None:
    content = random.Random(7).randbytes(12_000_000)
    made = await album.file(b"\0" + content, "film.bin")
    assert sum("partNumber" in request for request in bucket.requests) == 3
    assert (await album.http.get(made["url"])).content[1:] == content


async def test_a_bucket_in_trouble_is_said_and_nothing_is_kept(album: Album, bucket: BucketStandIn) -> None:
    bucket.refuse_with = 403
    answer = await album.send(b"words", "a.txt")
    assert answer.status_code == 503
    assert answer.json()["code"] == "storage_failed"
    assert bucket.name in answer.json()["detail"]
    assert not await album.system.db.value("SELECT count(*) FROM meta.file")
    bucket.refuse_with = None
    made = await album.file(b"words", "a.txt")
    bucket.objects.clear()
    gone = await album.http.get(made["url"])
    assert (gone.status_code, gone.json()["code"]) == (404, "file_gone")


async def test_the_check_tells_wrong_keys(settings: Settings, bucket: BucketStandIn) -> None:
    await BucketStore(settings).check()
    assert not bucket.objects
    for wrong in ({"s3_secret_key": "other"}, {"s3_bucket": "nowhere"}, {"s3_region": "us-east-1"}):
        with pytest.raises(ServiceUnavailable):
            await BucketStore(msgspec.structs.replace(settings, **wrong)).check()


async def test_what_was_on_disk_stays_readable_after_moving_to_a_bucket(album: Album) -> None:
    stores = stores_of(album.system)
    await album.file(b"in the bucket", "b.txt")
    await album.system.db.execute("UPDATE meta.file SET store = 'disk'")
    row = await album.system.db.row("SELECT key, public_id FROM meta.file")
    assert row is not None
    await stores.named("disk").put(row["key"], b"on the disk!!")
    assert (await album.http.get(f"/api/v1/files/{row['public_id']}")).content == b"on the disk!!"
