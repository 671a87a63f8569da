"""``huobiao doctor`` tries the place where attachments lie."""

from __future__ import annotations

from pathlib import Path

import msgspec

from runtime.settings import Settings
from tests.standins.s3 import BucketStandIn
from ui.operations.examination import attachments


async def test_a_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert (await attachments(settings)).status == "ok"
    files = tmp_path / "files"
    files.mkdir()
    assert (await attachments(settings)).status == "ok"
    assert not [path for path in files.rglob("*") if path.is_file()]
    (files / "attachments").rmdir()
    (files / "attachments").write_text("in the way")
    found = await attachments(settings)
    assert found.status == "fail"
    assert found.advice is not None


async def test_a_bucket(tmp_path: Path) -> None:
    with BucketStandIn() as bucket:
        good = Settings(
            data_dir=tmp_path,
            s3_endpoint=bucket.url,
            s3_bucket=bucket.name,
            s3_region=bucket.region,
            s3_access_key=bucket.access_key,
            s3_secret_key=bucket.secret_key,
        )
        found = await attachments(good)
        assert (found.status, bucket.objects) == ("ok", {})
        assert bucket.name in found.found.text()
        wrong = msgspec.structs.replace(good, s3_secret_key="other")
        assert (await attachments(wrong)).status == "fail"
