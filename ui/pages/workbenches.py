"""Workbenches on the phone: ``/w/{slug}``, its manifest, and the service worker that keeps it at hand without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Template

from builder.wire import field_json
from runtime.access import Operation, allowed
from runtime.api.common import TheActor, TheSystem
from runtime.workbenches.lookup import require_use
from ui.assets import STATIC

MANIFEST_TYPE = "application/manifest+json"
_WORKER = STATIC / "workbench" / "worker.js"


@get("/w/{slug:str}")
async def workbench_page(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, slug: FromPath[str]
) -> Template:
    """The phone app of a workbench. Context: ``page`` with ``{workbench, slug, data}``; ``data`` is for the island."""
    catalog = await system.catalogs.current()
    found = catalog.workbench_by_slug(slug)
    require_use(actor, found)
    table = catalog.table(found.definition.table)
    app = catalog.app_of(table)
    bindings = found.definition.bindings
    data = {
        "id": found.id,
        "slug": slug,
        "name": found.definition.name,
        "app": {"id": app.id, "name": app.name},
        "table": {"id": table.id, "name": table.name, "primary": table.primary.id if table.primary else None},
        "fields": [field_json(field) for field in table.fields],
        "bindings": {part: getattr(bindings, part) for part in bindings.__struct_fields__},
        "card": list(found.definition.card),
        "scan": found.definition.scan,
        "can_edit": allowed(actor, Operation.EDIT_RECORDS, app.id),
        "person": {"id": actor.id, "name": actor.name},
    }
    context = {"page": {"name": found.definition.name, "slug": slug, "data": data}}
    return Template("workbench/page.html", context=context)


@get("/w/{slug:str}/manifest.webmanifest")
async def workbench_manifest(system: TheSystem, actor: TheActor, slug: FromPath[str]) -> Response[dict[str, Any]]:
    """What makes the page installable on a phone."""
    found = (await system.catalogs.current()).workbench_by_slug(slug)
    require_use(actor, found)
    icons = [
        {"src": f"/static/workbench/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "id": f"/w/{slug}",
        "name": found.definition.name,
        "short_name": found.definition.name[:12],
        "start_url": f"/w/{slug}",
        "scope": "/w/",
        "display": "standalone",
        "background_color": "#F1F3F3",
        "theme_color": "#0E776D",
        "icons": icons,
    }
    return Response(manifest, media_type=MANIFEST_TYPE)


@get("/w/worker.js", opt={"public": True}, sync_to_thread=True)
def workbench_worker() -> Response[bytes]:
    """The service worker; it must come from below ``/w/`` to watch over it."""
    return Response(
        Path(_WORKER).read_bytes(),
        media_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/w/"},
    )


ROUTES = (workbench_page, workbench_manifest, workbench_worker)
