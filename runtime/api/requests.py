"""``/apps/{app}/request``: a step's request sent by hand, to see what comes back."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from runtime.api.common import TheActor, TheSystem
from runtime.automations.trial_request import try_request
from runtime.definitions.message_steps import HttpRequest
from runtime.errors import InvalidInput
from runtime.i18n import N_


class TrialBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The step's configuration (``kind``: ``http_request``), and the record whose values are used."""

    config: dict[str, Any]
    record: str | None = None


class TrialAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent and what came back. ``json`` with ``is_json``, else the beginning of the ``text``; ``cut``: long lists
    and texts are shortened."""

    request: dict[str, Any]
    status: int
    milliseconds: int
    content_type: str
    json: Any
    is_json: bool
    text: str
    cut: bool


@post("/apps/{app:str}/request", status_code=HTTP_200_OK)
async def send_request(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[TrialBody]
) -> TrialAnswer:
    """Send a request for real, once. Builders and owners only."""
    try:
        config = msgspec.convert(data.config, HttpRequest)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            N_("这个请求写得不对:{error}"), code="bad_request_config", error=str(error)
        ) from None
    trial = await try_request(system, actor, app, config, data.record)
    return TrialAnswer(**msgspec.structs.asdict(trial))


ROUTES = (send_request,)
