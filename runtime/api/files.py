"""Files over HTTP: putting one up for an attachment field, its bytes (whole or in part), its small picture."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import ClientException, InternalServerException
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_201_CREATED, HTTP_206_PARTIAL_CONTENT, HTTP_304_NOT_MODIFIED

from runtime.access import Actor
from runtime.api.common import TheActor, TheSystem
from runtime.errors import InvalidInput
from runtime.fieldtypes.attachment import AttachmentType, written
from runtime.files import kinds, names, pictures, shelf
from runtime.files.pictures import Size
from runtime.files.shelf import StoredFile
from runtime.i18n import N_
from runtime.system import System

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# A file is not a page of ours: nothing in it runs, loads or frames anything; only our own pages may frame it.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; frame-ancestors 'self'"
)
_SANDBOX = f"{_POLICY}; sandbox"

Download = Annotated[bool, QueryParameter(description="Offer it for saving, whatever it is")]


class FileBody(msgspec.Struct, frozen=True):
    """A file. ``size`` in bytes; ``width``, ``height`` (pixels) and ``thumbnail_url`` only of pictures."""

    id: str
    name: str
    size: int
    type: str
    width: int | None
    height: int | None
    url: str
    thumbnail_url: str | None


@dataclass
class UploadOperation(Operation):
    """Describes the body, which no parameter of the handler does: it is read as it comes."""

    def __post_init__(self) -> None:
        binary = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            content={"application/octet-stream": OpenAPIMediaType(schema=binary)},
            required=True,
            description="The bytes of the file, nothing around them",
        )


def _body(file: StoredFile) -> FileBody:
    stored = written(
        [
            {
                "id": file.id,
                "name": file.name,
                "size": file.size,
                "type": file.media_type,
                "width": file.width,
                "height": file.height,
            }
        ]
    )
    return FileBody(**AttachmentType().to_wire(None, stored)[0])


@post(
    "/fields/{field:str}/files",
    request_max_body_size=None,
    operation_class=UploadOperation,
    opt={"idempotent": "reading"},
)
async def upload_file(
    system: TheSystem,
    actor: TheActor,
    request: Request[Any, Any, Any],
    field: FromPath[str],
    name: Annotated[str, QueryParameter(description="What the file is called", max_length=4000)],
) -> Response[FileBody]:
    """Upload one file for an attachment field. Put its ``id`` into a record within a day, or it is removed again.

    An ``Idempotency-Key`` has no effect: the body is not held in memory, and a file too many is removed by itself.
    """
    announced = request.headers.get("content-length", "")
    length = int(announced) if announced.isdigit() else None
    file = await shelf.keep(system, actor, field, name, _arriving(request), length)
    return Response(_body(file), status_code=HTTP_201_CREATED)


async def _arriving(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except (ClientException, InternalServerException) as error:  # cut short, or gone
        raise InvalidInput(N_("上传中断了,什么都没有保存"), code="upload_interrupted") from error


@get("/files/{file:str}", opt={"no_compression": True})
async def read_file(
    system: TheSystem,
    actor: TheActor,
    request: Request[Any, Any, Any],
    file: FromPath[str],
    download: Download = False,
) -> Response[Any]:
    """A file's bytes; answers ``Range`` and ``If-None-Match``.

    Pictures, PDF, audio, video and plain text may be shown in place; everything else is only ever saved.
    """
    return await _answer(system, actor, request, file, "", download)


@get("/files/{file:str}/{name:str}", opt={"no_compression": True})
async def read_named_file(
    system: TheSystem,
    actor: TheActor,
    request: Request[Any, Any, Any],
    file: FromPath[str],
    name: FromPath[str],
    download: Download = False,
) -> Response[Any]:
    """A file's bytes, under the name it is to be saved as; otherwise as without the name."""
    return await _answer(system, actor, request, file, name, download)


async def _answer(
    system: System, actor: Actor, request: Request[Any, Any, Any], file: str, name: str, download: bool
) -> Response[Any]:
    found = await shelf.find(system, actor, file)
    tag = f'"{found.sha256[:32]}"'
    media_type = kinds.INLINE.get(found.media_type)
    shown = media_type is not None and not download
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": names.disposition(names.clean(name) or found.name, inline=shown),
        # a sandbox would keep browsers from showing a PDF in their own viewer
        "Content-Security-Policy": _POLICY if media_type == "application/pdf" else _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "private, no-cache",
    }
    if _matches(request.headers.get("if-none-match"), tag):
        return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    start, end, status = 0, found.size, 200
    asked = request.headers.get("range")
    if asked and request.headers.get("if-range", tag) == tag:
        part = _part(asked, found.size)
        if part is not None:
            (start, end), status = part, HTTP_206_PARTIAL_CONTENT
            if start >= end:
                return Response(
                    None, status_code=416, headers={"Content-Range": f"bytes */{found.size}", "ETag": tag}
                )
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - start)
    return Stream(
        await _begun(shelf.content(system, found, start, end)),
        status_code=status,
        media_type=media_type or kinds.UNKNOWN,
        headers=headers,
    )


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, the first of which are there: what fails does so before the answer has begun."""
    first = await anext(chunks, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_it()


def _matches(given: str | None, tag: str) -> bool:
    return given is not None and (
        given.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in given.split(",")}
    )


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """``(start, end)`` of one asked-for range, cut to the file; None for what is not understood: then all is sent."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = (int(text[:19]) if text else None for text in found.groups())
    if first is None:
        return max(0, size - (last or 0)), size
    if last is not None and last < first:
        return None
    return first, size if last is None else min(size, last + 1)


@get("/files/{file:str}/thumbnail/{size:str}", opt={"no_compression": True})
async def read_thumbnail(
    system: TheSystem, actor: TheActor, file: FromPath[str], size: FromPath[Size]
) -> Response[bytes]:
    """The small picture of a picture: ``small`` fits into 128 × 128 pixels, ``large`` into 640 × 640."""
    found = await shelf.find(system, actor, file)
    content = await shelf.small_picture(system, found, size)
    headers = {"Content-Security-Policy": _SANDBOX, "Cache-Control": "private, max-age=3600"}
    return Response(content, media_type=pictures.MEDIA_TYPE, headers=headers)


ROUTES = (upload_file, read_file, read_named_file, read_thumbnail)
