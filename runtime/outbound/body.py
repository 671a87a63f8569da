"""Reading an answer within a limit, compressed answers included: a small file can unpack to gigabytes."""

from __future__ import annotations

import zlib

import httpx

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BodyTooLarge(Exception):
    """The answer is longer than the limit."""


class Unreadable(Exception):
    """The answer is compressed in a way we did not ask for and cannot read."""


async def read_body(response: httpx.Response, limit: int, *, truncate: bool) -> tuple[bytes, bool]:
    """The body, unpacked, of at most ``limit`` bytes, and whether it was cut there.

    Raises:
        BodyTooLarge: there is more, and ``truncate`` is false.
        Unreadable: see there.
    """
    unpack = _unpacker(response.headers.get("content-encoding", ""))
    announced = response.headers.get("content-length", "")
    if not truncate and unpack is None and announced.isdigit() and int(announced) > limit:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in response.aiter_raw():
        room = limit + 1 - len(body)
        body += chunk[:room] if unpack is None else _unpacked(unpack, chunk, room)
        if len(body) > limit:
            if not truncate:
                raise BodyTooLarge
            return bytes(body[:limit]), True
    return bytes(body), False


def _unpacker(encoding: str) -> zlib._Decompress | None:
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return None
    if name in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    raise Unreadable


def _unpacked(unpack: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    try:
        return unpack.decompress(chunk, room)
    except zlib.error:
        raise Unreadable from None
