"""What the page of a form asks of the server: submitting, records to choose from, files. The address is the secret.

Open to strangers where the form is; requests must come from our own page all the same (``ui.http.csrf``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.exceptions import ClientException, InternalServerException
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from runtime.api.common import TheSystem, TheVisitor
from runtime.errors import InvalidInput
from runtime.forms import choices, submissions
from runtime.i18n import N_

_OPEN = {"exclude_from_auth": True, "idempotent": "reading"}  # submissions have a key of their own
MAX_ANSWERS = 1_000_000
"""Bytes of what is filled in, without files."""


class SubmissionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answers in wire form by field id; ``key``: made by the page for this submission, so that a repeat is harmless."""

    key: str
    answers: dict[str, Any] = {}


class SubmittedBody(msgspec.Struct, frozen=True):
    """It is stored; ``repeated``: it had been before."""

    repeated: bool


class ChoicesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``words`` of a name, for the question ``field``; ``answers`` so far, which may narrow it down."""

    field: str
    words: str = ""
    answers: dict[str, Any] = {}


class ChoicesAnswer(msgspec.Struct, frozen=True):
    """Records ``{id, name}``; ``needs``: what has to be answered first."""

    records: tuple[dict[str, str], ...]
    needs: tuple[str, ...]


class UploadedBody(msgspec.Struct, frozen=True):
    """A file that is put up: its ``id`` is what is submitted."""

    id: str
    name: str
    size: int
    type: str


def _address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else ""


@post(
    "/f/{secret:str}/submissions",
    status_code=HTTP_201_CREATED,
    opt=_OPEN,
    request_max_body_size=MAX_ANSWERS,
)
async def submit_form(
    request: Request[Any, Any, Any],
    system: TheSystem,
    visitor: TheVisitor,
    secret: FromPath[str],
    data: JSONBody[SubmissionBody],
) -> SubmittedBody:
    """Store what was filled in as a new record. The same ``key`` again stores nothing more."""
    done = await submissions.submit(
        system, secret, data.answers, key=data.key, visitor=visitor, address=_address(request)
    )
    return SubmittedBody(done.repeated)


@post("/f/{secret:str}/choices", status_code=HTTP_200_OK, opt=_OPEN)
async def find_choices(
    request: Request[Any, Any, Any],
    system: TheSystem,
    visitor: TheVisitor,
    secret: FromPath[str],
    data: JSONBody[ChoicesBody],
) -> ChoicesAnswer:
    """Records that a question lets one choose, by their names."""
    found = await choices.find(
        system, secret, data.field, data.words, data.answers, visitor=visitor, address=_address(request)
    )
    return ChoicesAnswer(tuple(found.records), found.needs)


@post("/f/{secret:str}/files", opt=_OPEN, request_max_body_size=None)
async def upload_form_file(
    request: Request[Any, Any, Any],
    system: TheSystem,
    visitor: TheVisitor,
    secret: FromPath[str],
    field: Annotated[str, QueryParameter(description="The question it is for", max_length=40)],
    name: Annotated[str, QueryParameter(description="What the file is called", max_length=4000)],
) -> Response[UploadedBody]:
    """Put up a file (raw bytes) for an attachment question. It is removed within a day unless it is submitted."""
    announced = request.headers.get("content-length", "")
    file = await choices.keep_file(
        system,
        secret,
        field,
        name,
        _arriving(request),
        int(announced) if announced.isdigit() else None,
        visitor=visitor,
        address=_address(request),
    )
    return Response(
        UploadedBody(file.id, file.name, file.size, file.media_type), status_code=HTTP_201_CREATED
    )


async def _arriving(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except (ClientException, InternalServerException) as error:  # cut short, or gone
        raise InvalidInput(N_("上传中断了,什么都没有保存"), code="upload_interrupted") from error


ROUTES = (submit_form, find_choices, upload_form_file)
