"""Requests of a step put together: what a ``http_request`` sends, from its configuration and the values of a record."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from runtime.automations.values import Values
from runtime.connectors.answers import Pick
from runtime.connectors.http_api import HttpMessage, check_header
from runtime.definitions.message_steps import HttpRequest

FORM = "application/x-www-form-urlencoded"


async def compose(config: HttpRequest, values: Values) -> HttpMessage:
    """The message.

    Values of records are escaped for where they stand: in the path, a form, a JSON text. Raises what rendering a value
    raises, and InvalidInput for a header that cannot be sent.
    """
    headers = tuple([(pair.name, _one_line(await values.text(pair.value))) for pair in config.headers])
    for name, value in headers:
        check_header(name, value)
    content_type, body = await _body(config, values)
    return HttpMessage(
        method=config.method,
        path=await values.text(config.path, in_path),
        query=tuple([(pair.name, await values.text(pair.value)) for pair in config.query]),
        headers=headers,
        content_type=content_type,
        body=body,
        picks=tuple(Pick(one.key, one.place) for one in config.answer),
        any_status=config.any_status,
    )


async def _body(config: HttpRequest, values: Values) -> tuple[str, str | None]:
    if config.body == "json":
        given = {pair.name: await values.json(pair.value) for pair in config.fields}
        return "application/json", json.dumps(given, ensure_ascii=False)
    if config.body == "form":
        return FORM, urlencode([(pair.name, await values.text(pair.value)) for pair in config.fields])
    if config.body == "text":
        escape = in_json if "json" in config.content_type else str
        return config.content_type, await values.text(config.text, escape)
    return "", None


def in_path(text: str) -> str:
    """A value as one segment of a path; dots alone would lead elsewhere."""
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")


def in_json(text: str) -> str:
    """A value inside a JSON text: between quotation marks, or as a number."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def shown(message: HttpMessage, base_url: str) -> dict[str, Any]:
    """What a person sees of a request; credentials are no part of it."""
    return {
        "method": message.method,
        "url": f"{base_url.rstrip('/')}/{message.path.lstrip('/')}" if message.path else base_url,
        "query": dict(message.query),
        "headers": dict(message.headers),
        "body": message.body,
    }
