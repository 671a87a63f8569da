"""The built browser files: their addresses from Vite's manifest, their tags, and the routes that serve them."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.datastructures.headers import CacheControlHeader
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.router import Router
from litestar.static_files import create_static_files_router
from markupsafe import Markup

from runtime.i18n import LANGUAGES
from ui.locale import catalogue

STATIC = Path(__file__).parent / "static"
MANIFEST = STATIC / "dist" / "manifest.json"
BASE = "/static/dist/"
_YEAR = 31_536_000

_log = logging.getLogger(__name__)


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One line of Vite's manifest."""

    file: str
    css: list[str] = []
    imports: list[str] = []


_cache: tuple[int, dict[str, Entry]] | None = None


def manifest() -> dict[str, Entry]:
    """The manifest, read again when a new build has been made; empty (and said once) when there is none."""
    global _cache
    try:
        stamp = MANIFEST.stat().st_mtime_ns
    except FileNotFoundError:
        if _cache is None or _cache[0]:
            _log.warning("The browser files are not built: run `npm ci && npm run build`.")
            _cache = (0, {})
        return {}
    if _cache is None or _cache[0] != stamp:
        _cache = (stamp, msgspec.json.decode(MANIFEST.read_bytes(), type=dict[str, Entry]))
    return _cache[1]


def address(key: str) -> str:
    """The address of the built file for a manifest key, e.g. ``icons.svg`` or ``ui/islands/app.ts``."""
    entry = manifest().get(key)
    return BASE + (entry.file if entry else f"not-built/{key}")


def _with_imports(key: str, entries: dict[str, Entry], seen: dict[str, Entry]) -> dict[str, Entry]:
    if key in entries and key not in seen:
        seen[key] = entries[key]
        for imported in entries[key].imports:
            _with_imports(imported, entries, seen)
    return seen


def _css_tags(parts: dict[str, Entry]) -> list[Markup]:
    sheets = dict.fromkeys(sheet for part in parts.values() for sheet in part.css)
    return [Markup('<link rel="stylesheet" href="{}">').format(BASE + sheet) for sheet in sheets]


def _preload_tag(part: Entry) -> Markup:
    return Markup('<link rel="modulepreload" href="{}">').format(BASE + part.file)


def tags(key: str) -> Markup:
    """Style sheets, preloads and the module script of an entry."""
    entries = manifest()
    parts = _with_imports(key, entries, {})
    lines = _css_tags(parts)
    lines += [_preload_tag(part) for name, part in parts.items() if name != key]
    lines.append(Markup('<script type="module" src="{}"></script>').format(address(key)))
    return Markup("\n").join(lines)


def early() -> Markup:
    """The small script that keeps what is pressed before the others are there."""
    source = address("ui/islands/early/entry.ts")
    return Markup('<script type="module" async src="{}"></script>').format(source)


def preload_island(path: str) -> Markup:
    """Fetch an island early, e.g. ``preload_island("grid/hb-grid")``, so that it does not wait for its tag to be seen."""
    entries = manifest()
    parts = _with_imports(f"ui/islands/{path}.ts", entries, {})
    shared = _with_imports("ui/islands/app.ts", entries, {})
    own = {name: part for name, part in parts.items() if name not in shared}
    return Markup("\n").join(_css_tags(own) + [_preload_tag(part) for part in own.values()])


@get("/i18n/{name:str}", sync_to_thread=False, include_in_schema=False, exclude_from_auth=True)
def island_messages(name: FromPath[str]) -> Response[bytes]:
    """The words of the islands in one language; the address carries a digest, so it may be kept for ever."""
    language, _, suffix = name.partition(".")
    if suffix != "json" or language not in LANGUAGES:
        raise NotFoundException()
    headers = {"Cache-Control": f"public, max-age={_YEAR}, immutable"}
    return Response(catalogue.for_islands(language), media_type="application/json", headers=headers)


def routes() -> list[Router | HTTPRouteHandler]:
    """``/static/…`` and ``/i18n/…``. Built files carry a digest in their names and may be kept for ever."""
    (STATIC / "dist" / "assets").mkdir(parents=True, exist_ok=True)
    built = create_static_files_router(
        path="/static/dist/assets",
        directories=[STATIC / "dist" / "assets"],
        cache_control=CacheControlHeader(max_age=_YEAR, public=True, immutable=True),
        name="built",
        opt={"exclude_from_auth": True},
    )
    rest = create_static_files_router(
        path="/static", directories=[STATIC], name="static", opt={"exclude_from_auth": True}
    )
    return [built, rest, island_messages]
