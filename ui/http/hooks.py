"""``POST /hooks/{secret}``: what programs call to start an automation. The address itself is the secret."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_202_ACCEPTED

from runtime.api.common import TheSystem
from runtime.automations import hooks
from ui.http.authentication import NOBODY, PUBLIC
from ui.http.csrf import EXEMPT


@post(
    "/hooks/{secret:str}",
    status_code=HTTP_202_ACCEPTED,
    request_max_body_size=None,
    opt={PUBLIC: True, NOBODY: True, EXEMPT: True},
    include_in_schema=False,
)
async def receive(request: Request[Any, Any, Any], system: TheSystem, secret: FromPath[str]) -> Response[Any]:
    """Take a call: JSON or a form. Answers the run's id once it is stored; a call repeated with its key, the same."""
    body = await _read(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    done = await hooks.receive(system, secret, headers, body)
    answer: dict[str, Any] = {"run": done.run} if done.run is not None else {"sample": True}
    extra = {"Idempotent-Replayed": "true"} if done.repeated else {}
    return Response(answer, status_code=HTTP_202_ACCEPTED, headers=extra)


async def _read(request: Request[Any, Any, Any]) -> bytes | None:
    """The body; None when it is too large, of which no more is read."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > hooks.MAX_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


ROUTES = (receive,)
