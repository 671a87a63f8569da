"""``/w/{slug}``: a workbench as an app of its own on a phone: page, manifest, service worker, QR code of its address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from builder.wire import definition_json, table_json
from runtime.access import Operation, allowed
from runtime.api.common import TheActor, TheSystem
from runtime.i18n import N_
from runtime.workbenches import lookup
from ui import assets
from ui.http.authentication import PUBLIC
from ui.pages.addresses import phone_address, qr_svg
from ui.pages.context import Person
from ui.pages.workbench_settings import workbench_at
from ui.reader import Reader

TheReader = NamedDependency[Reader]

ICONS = "/static/icons"
# behind the page while it opens; the same as --bg-app and --brand of the tokens, which a manifest cannot name
BACKGROUND, THEME = "#F1F3F3", "#0E776D"


@get("/w/{slug:str}", include_in_schema=False)
async def workbench_page(
    system: TheSystem, actor: TheActor, reader: TheReader, slug: FromPath[str]
) -> Template:
    """The workbench; who is not signed in comes back here after signing in."""
    catalog = await system.catalogs.current()
    found = workbench_at(catalog, slug)
    lookup.require_use(actor, found)
    app = catalog.app(found.app_id)
    table = catalog.table(found.definition.table)
    data = {
        "workbench": definition_json(found),
        "app": {"id": app.id, "name": app.name},
        "table": table_json(actor, app, table, 0),
        "person": {"id": actor.id, "name": actor.name},
        "can_edit": allowed(actor, Operation.EDIT_RECORDS, app.id),
        "can_build": allowed(actor, Operation.BUILD, app.id),
    }
    context = {
        "workbench": found.definition,
        "person": Person(id=actor.id, name=actor.name, email=actor.email),
        "time_zone": app.definition.time_zone,
        "data": data,
        "theme": THEME,
    }
    return Template("workbenches/workbench.html", context=context)


@get("/w/{slug:str}/manifest.webmanifest", include_in_schema=False)
async def manifest(
    system: TheSystem, actor: TheActor, reader: TheReader, slug: FromPath[str]
) -> Response[dict[str, Any]]:
    """What lets a phone put the workbench on its home screen."""
    found = workbench_at(await system.catalogs.current(), slug)
    lookup.require_use(actor, found)
    name = found.definition.name
    body = {
        "id": f"/w/{slug}",
        "name": name,
        "short_name": name[:12],
        "description": reader.text(N_("扫面单或输入单号,马上看到备注、库位和同客户订单")),
        "lang": reader.html_language,
        "start_url": f"/w/{slug}",
        "scope": "/w/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": BACKGROUND,
        "theme_color": THEME,
        "icons": [
            {"src": f"{ICONS}/app-192.png", "sizes": "192x192", "type": "image/png"},
            {"src": f"{ICONS}/app-512.png", "sizes": "512x512", "type": "image/png"},
            {
                "src": f"{ICONS}/maskable-512.png",
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
        "shortcuts": [
            {"name": reader.text(N_("扫一扫")), "url": f"/w/{slug}?scan=1"},
        ],
    }
    if not found.definition.scan:
        del body["shortcuts"]
    return Response(body, media_type="application/manifest+json")


@get("/w/sw.js", opt={PUBLIC: True}, include_in_schema=False, sync_to_thread=True)
def service_worker() -> Response[bytes]:
    """The service worker of every workbench: served from here, as its place decides what it may serve."""
    built = assets.address("ui/islands/workbench-worker/entry.ts").removeprefix(assets.BASE)
    path = Path(assets.STATIC) / "dist" / built
    content = path.read_bytes() if path.is_file() else b""
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@get("/w/{slug:str}/qr.svg", include_in_schema=False)
async def qr_code(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, slug: FromPath[str]
) -> Response[bytes]:
    """The workbench's address as a QR code."""
    found = workbench_at(await system.catalogs.current(), slug)
    lookup.require_use(actor, found)
    address = phone_address(request, system.settings, f"/w/{slug}")
    return Response(qr_svg(address.url), media_type="image/svg+xml")


ROUTES = (workbench_page, manifest, service_worker, qr_code)
