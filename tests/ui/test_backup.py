"""Backup and restore: what comes back is what was there; a bad file changes nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from runtime.errors import InvalidInput
from runtime.secrets import SecretBox, installation_key
from runtime.services import DataFolder, FolderLock, services_for
from runtime.settings import load_settings
from tests.support.command import huobiao
from tests.support.servers import scratch_folder, wait_for
from ui.operations.backup import restore

CONTENT = [(1, "红-S"), (2, "蓝-M\n第二行"), (3, None)]


def execute(data: Path, sql: str) -> list[asyncpg.Record]:
    """Run ``sql`` in the embedded database of ``data``."""

    async def run(url: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(sql))
        finally:
            await connection.close()

    with services_for(load_settings({}, data), "test") as settings:
        return wait_for(run(settings.database_url or ""))


@pytest.fixture(scope="module")
def installation() -> Iterator[Path]:
    """A data folder with a table, an upload and a key."""
    with scratch_folder() as folder:
        yield furnished(folder / "data")


def furnished(data: Path) -> Path:
    """Make a data folder with a table, an upload and a key."""
    assert huobiao("migrate", data=data).returncode == 0
    execute(data, "CREATE TABLE data.t1 (id bigint PRIMARY KEY, f1 text)")
    execute(data, "INSERT INTO data.t1 VALUES (1, '红-S'), (2, E'蓝-M\\n第二行'), (3, NULL)")
    upload = data / "files" / "2026" / "订单.xlsx"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(bytes(range(256)) * 100)
    installation_key(load_settings({}, data))
    return data


@pytest.fixture(scope="module")
def backup_file(installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the installation."""
    file = tmp_path_factory.mktemp("backup") / "b.tar.gz"
    done = huobiao("backup", file, data=installation)
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture
def unpacked(backup_file: Path) -> Iterator[dict[str, bytes]]:
    """The parts of the backup by name."""
    with tarfile.open(backup_file) as tar:
        yield {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    """An archive of these parts."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_what_was_backed_up_comes_back(installation: Path, backup_file: Path, scratch: Path) -> None:
    target = scratch / "restored"
    done = huobiao("restore", backup_file, data=target)
    assert done.returncode == 0, done.stderr
    rows = [tuple(row) for row in execute(target, "SELECT id, f1 FROM data.t1 ORDER BY id")]
    assert rows == CONTENT
    assert (target / "files" / "2026" / "订单.xlsx").read_bytes() == bytes(range(256)) * 100
    sealed = SecretBox.from_settings(load_settings({}, installation)).encrypt("x")
    assert SecretBox.from_settings(load_settings({}, target)).decrypt(sealed) == "x"
    assert stat.S_IMODE((target / "secret.key").stat().st_mode) == 0o600
    assert huobiao("migrate", data=target).stdout.strip() == "数据库已经是最新的"


def test_the_file_is_only_for_its_owner_and_nothing_else_is_left(backup_file: Path) -> None:
    assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600
    assert [path.name for path in backup_file.parent.iterdir()] == ["b.tar.gz"]


def test_an_existing_file_is_not_overwritten_unless_forced(installation: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    file.write_text("other")
    refused = huobiao("backup", file, data=installation)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert file.read_text() == "other"
    assert huobiao("backup", file, "--force", data=installation).returncode == 0
    assert tarfile.is_tarfile(file)


def test_without_the_key_the_restored_installation_says_that_secrets_cannot_be_read(
    installation: Path, tmp_path: Path, scratch: Path
) -> None:
    assert huobiao("backup", tmp_path / "b.tar.gz", "--without-key", data=installation).returncode == 0
    done = huobiao("restore", tmp_path / "b.tar.gz", data=scratch / "restored")
    assert done.returncode == 0
    assert "secret.key" in done.stderr


def test_a_folder_in_use_is_left_alone_unless_forced(backup_file: Path, scratch: Path) -> None:
    target = scratch / "data"
    assert huobiao("migrate", data=target).returncode == 0
    execute(target, "CREATE TABLE data.t99 (id bigint)")
    refused = huobiao("restore", backup_file, data=target)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert execute(target, "SELECT to_regclass('data.t99') IS NOT NULL AS there")[0]["there"]
    assert huobiao("restore", backup_file, "--force", data=target).returncode == 0
    assert not execute(target, "SELECT to_regclass('data.t99') IS NOT NULL AS there")[0]["there"]
    assert len(execute(target, "SELECT * FROM data.t1")) == len(CONTENT)


def test_a_folder_that_is_being_served_is_not_restored_into(backup_file: Path, scratch: Path) -> None:
    folder = DataFolder(scratch / "data")
    folder.create()
    with FolderLock(folder, "serve") as lock:
        assert lock.try_acquire()
        refused = huobiao("restore", backup_file, "--force", data=folder.root)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "正在用" in refused.stderr


def test_damage_anywhere_is_found_before_anything_is_touched(
    backup_file: Path, unpacked: dict[str, bytes], tmp_path: Path, scratch: Path
) -> None:
    upload = next(name for name in unpacked if name.startswith("files/"))
    manifest = msgspec.json.decode(unpacked["manifest.json"])
    whole = backup_file.read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.tar.gz").write_text("not an archive")
    with gzip.open(tmp_path / "empty.tar.gz", "wb"):
        pass
    bad = [
        tmp_path / "cut.tar.gz",
        tmp_path / "text.tar.gz",
        tmp_path / "empty.tar.gz",
        packed(tmp_path / "changed.tar.gz", {**unpacked, upload: b"changed"}),
        packed(tmp_path / "missing.tar.gz", {n: c for n, c in unpacked.items() if n != upload}),
        packed(tmp_path / "no-manifest.tar.gz", {n: c for n, c in unpacked.items() if n != "manifest.json"}),
        packed(tmp_path / "outside.tar.gz", {**unpacked, "../outside": b"x"}),
        packed(tmp_path / "up.tar.gz", {**unpacked, "files/../../outside": b"x"}),
        packed(tmp_path / "absolute.tar.gz", {**unpacked, "/files/outside": b"x"}),
        packed(
            tmp_path / "newer.tar.gz",
            {**unpacked, "manifest.json": msgspec.json.encode({**manifest, "format": 99})},
        ),
        packed(
            tmp_path / "newer-schema.tar.gz",
            {**unpacked, "manifest.json": msgspec.json.encode({**manifest, "migrations": ["2999-01-01"]})},
        ),
    ]
    for file in bad:
        target = scratch / "target" / file.name
        with pytest.raises(InvalidInput, match=r"损坏|不是活表|版本太旧"):
            restore(load_settings({}, target), file)
        assert not (target / "secret.key").exists()
        assert not any((target / "files").iterdir())
    assert not (scratch / "outside").exists()
    assert not (scratch / "target" / "outside").exists()


def test_a_dump_that_postgresql_refuses_leaves_the_old_content(
    unpacked: dict[str, bytes], installation: Path, tmp_path: Path, scratch: Path
) -> None:
    broken = {**unpacked, "database.dump": unpacked["database.dump"][:-200]}
    manifest = msgspec.json.decode(broken["manifest.json"])
    manifest["parts"]["database.dump"] = {
        "size": len(broken["database.dump"]),
        "sha256": hashlib.sha256(broken["database.dump"]).hexdigest(),
    }
    broken["manifest.json"] = msgspec.json.encode(manifest)
    target = scratch / "data"
    assert huobiao("migrate", data=target).returncode == 0
    execute(target, "CREATE TABLE data.t99 (id bigint)")
    refused = huobiao("restore", packed(tmp_path / "b.tar.gz", broken), "--force", data=target)
    assert refused.returncode == 1
    assert execute(target, "SELECT to_regclass('data.t99') IS NOT NULL AS there")[0]["there"]
