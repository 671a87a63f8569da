"""Uploading, looking and refusing, over HTTP."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from litestar import Litestar
from PIL import Image

from runtime.system import System
from tests.runtime.files.conftest import Album, outsider, picture


async def test_a_picture_gets_its_size_and_small_pictures(album: Album) -> None:
    made = await album.file(picture(1200, 900, "JPEG"), "仓库 照片.JPG")
    assert (made["name"], made["type"], made["width"], made["height"]) == (
        "仓库 照片.JPG",
        "image/jpeg",
        1200,
        900,
    )
    for size, side in (("small", 128), ("large", 640)):
        answer = await album.http.get(f"/api/v1/files/{made['id']}/thumbnail/{size}")
        assert answer.headers["content-type"] == "image/webp"
        with Image.open(io.BytesIO(answer.content)) as small:
            assert max(small.size) == side
    assert (await album.http.get(made["thumbnail_url"])).status_code == 200
    assert (await album.http.get(f"/api/v1/files/{made['id']}/thumbnail/huge")).status_code in (400, 404, 422)


async def test_a_photo_held_upright_is_shown_upright(album: Album) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    made = await album.file(picture(200, 100, "JPEG", exif=turned), "p.jpg")
    assert (made["width"], made["height"]) == (100, 200)
    answer = await album.http.get(f"/api/v1/files/{made['id']}/thumbnail/small")
    with Image.open(io.BytesIO(answer.content)) as small:
        assert small.size == (64, 128)


@pytest.mark.parametrize("mode", ["P", "LA", "RGBA", "I;16", "1"])
async def test_pictures_of_every_mode(album: Album, mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (300, 20)).save(out, "PNG")
    assert (await album.file(out.getvalue(), "x.png"))["width"] == 300


async def test_a_broken_picture_is_kept_as_a_file(album: Album) -> None:
    made = await album.file(picture(400, 400)[:600], "half.png")
    assert (made["type"], made["width"], made["thumbnail_url"]) == ("image/png", None, None)
    answer = await album.http.get(f"/api/v1/files/{made['id']}/thumbnail/small")
    assert answer.status_code == 404


def bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes that says it is ``side`` pixels wide and high."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


async def test_a_bomb_is_refused_with_a_sentence(album: Album) -> None:
    answer = await album.send(bomb(40_000), "bomb.png")
    assert answer.status_code == 422
    assert answer.json()["code"] == "too_many_pixels"
    assert "40000 × 40000" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\照片.png", "照片.png"),
        ("a\x00b\r\nSet-Cookie: x.txt", "abSet-Cookie: x.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u200b\u2066 \u2069", "file"),
        ("..", "file"),
        ("é.txt", "é.txt"),
        ("长" * 300 + ".pdf", "长" * 146 + ".pdf"),
        ("ملف.txt", "ملف.txt"),
    ],
)
async def test_hostile_names(album: Album, given: str, kept: str) -> None:
    made = await album.file(b"plain words", given)
    assert made["name"] == kept
    answer = await album.http.get(made["url"])
    assert answer.status_code == 200
    assert "\r" not in answer.headers["content-disposition"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content", "name", "media_type", "served", "inline"),
    [
        (b"<!doctype html><script>alert(1)</script>", "photo.png", "text/html", "application/octet-stream", False),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "logo.svg", "image/svg+xml", "application/octet-stream", False),
        (b"%PDF-1.7\n%\xe2\xe3", "发票.txt", "application/pdf", "application/pdf", True),
        (b"MZ\x90\x00\x03\x00\x00\x00", "setup.pdf", "application/vnd.microsoft.portable-executable", "application/octet-stream", False),
        ("订单,数量\n1,2\n".encode(), "a.csv", "text/csv", "text/plain", True),
        ("订单,数量\n".encode("gb18030"), "a.csv", "text/csv", "text/plain", True),
        (b"\x00\x01\x02\x03 nothing known", "x.bin", "application/octet-stream", "application/octet-stream", False),
        (b"<?xml version='1.0'?><a/>", "a.xml", "application/xml", "application/octet-stream", False),
    ],
)  # fmt: skip
async def test_what_a_file_is_comes_from_its_content(
    album: Album, content: bytes, name: str, media_type: str, served: str, inline: bool
) -> None:
    made = await album.file(content, name)
    assert made["type"] == media_type
    answer = await album.http.get(made["url"])
    assert answer.headers["content-type"].startswith(served)
    assert answer.headers["content-disposition"].startswith("inline" if inline else "attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    saved = await album.http.get(made["url"], params={"download": "true"})
    assert saved.headers["content-disposition"].startswith("attachment")
    assert answer.content == saved.content == content


async def test_a_field_takes_what_it_is_made_for(album: Album) -> None:
    only = album.table.field("图片").id
    refused = await album.send(b"<html></html>", "photo.png", field=only)
    assert refused.status_code == 422
    assert refused.json()["code"] == "kind_not_allowed"
    assert "photo.png" in refused.json()["detail"]
    assert (await album.send(picture(), "photo.png", field=only)).status_code == 201
    other = await album.send(b"x", "x.txt", field=album.table.field("名称").id)
    assert other.json()["code"] == "not_an_attachment"
    assert (await album.send(b"", "x.txt")).json()["code"] == "empty_file"


async def test_too_large_is_refused_before_and_while_it_comes(album: Album) -> None:
    only = album.table.field("图片").id

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"\xff\xd8\xff" + b"0" * 65_533

    for content in (b"\xff\xd8\xff" + b"0" * 1_048_576, endless()):
        answer = await album.http.post(
            f"/api/v1/fields/{only}/files", params={"name": "a.jpg"}, content=content
        )
        assert answer.status_code == 413, answer.text
        assert answer.json()["code"] == "file_too_large"
        assert "1 MB" in answer.json()["detail"]
    incoming = album.system.settings.data_dir / "incoming"
    assert not list(incoming.iterdir())


async def test_parts_of_a_file(album: Album) -> None:
    content = bytes(range(256)) * 4000
    made = await album.file(b"\x00\x01" + content, "film.bin")
    whole = await album.http.get(made["url"])
    tag = whole.headers["etag"]
    assert whole.content[2:] == content
    for asked, wanted, place in (
        ("bytes=0-9", (b"\x00\x01" + content)[:10], "bytes 0-9/1024002"),
        ("bytes=1000000-", (b"\x00\x01" + content)[1_000_000:], "bytes 1000000-1024001/1024002"),
        ("bytes=-5", content[-5:], "bytes 1023997-1024001/1024002"),
    ):
        part = await album.http.get(made["url"], headers={"range": asked})
        assert (part.status_code, part.content, part.headers["content-range"]) == (206, wanted, place)
    assert (await album.http.get(made["url"], headers={"range": "bytes=2000000-"})).status_code == 416
    for odd in ("bytes=9-1", "lines=1-2", "bytes=-"):
        assert (await album.http.get(made["url"], headers={"range": odd})).status_code == 200
    stale = await album.http.get(made["url"], headers={"range": "bytes=0-9", "if-range": '"other"'})
    assert stale.status_code == 200
    assert (await album.http.get(made["url"], headers={"if-none-match": tag})).status_code == 304


async def test_only_people_of_the_app(album: Album, app: Litestar, system: System) -> None:
    made = await album.file(picture(), "p.png")
    addresses = (made["url"], made["thumbnail_url"], f"/api/v1/files/{made['id']}")
    async with await outsider(app, system, "stranger") as stranger:
        for address in addresses:
            assert (await stranger.get(address)).status_code == 404
        assert (await album.send(b"x", "x.txt", http=stranger)).status_code == 404
    async with await outsider(app, system, "viewer", **{album.app_id: "viewer"}) as viewer:
        for address in addresses:
            assert (await viewer.get(address)).status_code == 200
        assert (await album.send(b"x", "x.txt", http=viewer)).status_code == 403
    anonymous = await album.http.get(made["url"], headers={"authorization": "Bearer nothing"})
    assert anonymous.status_code == 401


async def test_the_description_says_what_the_body_is(album: Album) -> None:
    document = (await album.http.get("/api/openapi.json")).content
    found = msgspec.json.decode(document)["paths"]["/api/v1/fields/{field}/files"]["post"]
    assert list(found["requestBody"]["content"]) == ["application/octet-stream"]
