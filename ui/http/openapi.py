"""``GET /api/openapi.json``: the API described for programs."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.serialization import encode_json

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
        "POST requests may carry an Idempotency-Key."
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


@get("/api/openapi.json", opt={PUBLIC: True}, include_in_schema=False, sync_to_thread=False, cache=False)
def description(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The OpenAPI document."""
    if "openapi" not in request.app.state:
        request.app.state.openapi = encode_json(request.app.openapi_schema.to_schema())
    return Response(request.app.state.openapi, media_type="application/vnd.oai.openapi+json")
