"""``GET /api/openapi.json``: the API described for programs."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.serialization import encode_json

from runtime.api.common import ProblemDocument
from ui.http.authentication import PUBLIC, SESSION_COOKIE

API_VERSION = "1.0"

CONFIG = OpenAPIConfig(
    title="Huobiao",
    version=API_VERSION,
    # Litestar's own routes; they would answer unknown addresses under /api with a page of theirs
    path="/api/openapi",
    render_plugins=[JsonRenderPlugin()],
    description=(
        "Errors are RFC 9457 problem documents; their texts follow Accept-Language (zh, en). "
        "POST, PATCH and DELETE requests may carry an Idempotency-Key."
    ),
    components=Components(
        security_schemes={
            "token": SecurityScheme(
                type="http", scheme="bearer", description="An API token, made under /settings"
            ),
            "session": SecurityScheme(type="apiKey", security_scheme_in="cookie", name=SESSION_COOKIE),
        }
    ),
    security=[{"token": []}, {"session": []}],
    use_handler_docstrings=True,
)


@get("/api/openapi.json", opt={PUBLIC: True}, include_in_schema=False, sync_to_thread=False)
def description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The OpenAPI document."""
    if "openapi" not in request.app.state:
        request.app.state.openapi = encode_json(document_of(request.app))
    return Response(request.app.state.openapi, media_type="application/vnd.oai.openapi+json")


def document_of(app: Litestar) -> dict[str, Any]:
    """What Litestar knows of the routes, with our refusals in place of its own."""
    document = app.openapi_schema.to_schema()
    components = document.setdefault("components", {})
    _, schemas = msgspec.json.schema_components(
        (ProblemDocument,), ref_template="#/components/schemas/{name}"
    )
    components.setdefault("schemas", {}).update(schemas)
    components["responses"] = {
        "Problem": {
            "description": "A refusal (RFC 9457), in the caller's language",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
            },
        }
    }
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    return document
