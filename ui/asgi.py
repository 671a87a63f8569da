"""The web application: every route of every room, and what all of them pass through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.base import ChannelsBackend
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler

from builder import api as builder_api
from runtime.api import (
    automation_care,
    automations,
    buttons,
    dashboards,
    exports,
    files,
    forms,
    inbox,
    live,
    me,
    members,
    merging,
    presence,
    record_panel,
    records,
    requests,
    stocks,
    trash,
    triggers,
    workbenches,
)
from runtime.settings import Settings, load_settings
from runtime.system import System
from templates_market import api as market
from ui import assets, render
from ui.bootstrap import build
from ui.http import authentication, csrf, errors, health, hooks, language, openapi, shortcut
from ui.http.edge import Edge
from ui.http.idempotency import IdempotencyMiddleware
from ui.pages import (
    account,
    app_settings,
    apps,
    fill,
    form_editor,
    home,
    palette,
    rail,
    runs,
    sign_in,
    states,
    tables,
    welcome,
    workbench_settings,
)
from ui.pages import automations as automation_pages
from ui.pages import dashboards as dashboard_pages
from ui.pages import imports as import_pages
from ui.pages import inbox as inbox_pages
from ui.pages import market as market_pages
from ui.pages import members as member_pages
from ui.pages import speed as speed_pages
from ui.pages import stocks as stock_pages
from ui.pages import trash as trash_pages
from ui.pages import workbenches as workbench_pages

MAX_BODY_BYTES = 10_000_000
"""What a request may carry; routes that take files say more."""

# the API under /api/v1, room by room
API: Sequence[ControllerRouterHandler] = (
    *me.ROUTES,
    *inbox.ROUTES,
    *members.ROUTES,
    *records.ROUTES,
    *merging.ROUTES,
    *trash.ROUTES,
    *buttons.ROUTES,
    *presence.ROUTES,
    *record_panel.ROUTES,
    *requests.ROUTES,
    *exports.ROUTES,
    *files.ROUTES,
    *automations.ROUTES,
    *automation_care.ROUTES,
    *triggers.ROUTES,
    *dashboards.ROUTES,
    *stocks.ROUTES,
    *workbenches.ROUTES,
    *forms.ROUTES,
    *market.ROUTES,
    *live.ROUTES,
    *builder_api.ROUTES,
)
# addresses that people open
PAGES: Sequence[ControllerRouterHandler] = (
    *home.ROUTES,
    *welcome.ROUTES,
    *sign_in.ROUTES,
    *account.ROUTES,
    *member_pages.ROUTES,
    *app_settings.ROUTES,
    *trash_pages.ROUTES,
    *speed_pages.ROUTES,
    *dashboard_pages.ROUTES,
    *automation_pages.ROUTES,
    *runs.ROUTES,
    *import_pages.ROUTES,
    *inbox_pages.ROUTES,
    *market_pages.ROUTES,
    *form_editor.ROUTES,
    *fill.ROUTES,
    *workbench_settings.ROUTES,
    *workbench_pages.ROUTES,
    *apps.ROUTES,
    *tables.ROUTES,
    *states.ROUTES,
    *stock_pages.ROUTES,
    *palette.ROUTES,
    *rail.ROUTES,
)
# for those who watch over the installation
WATCH: Sequence[ControllerRouterHandler] = (health.health, health.ready, health.figures)
# what other programs call
HOOKS: Sequence[ControllerRouterHandler] = hooks.ROUTES

# what is small already, or packed
_NOT_COMPRESSED = r"\.(?:png|jpg|jpeg|webp|gif|woff2|zip|xlsx|gz|br)$"


def create_app(settings: Settings | None = None) -> Litestar:
    """The application, not yet started; ``settings`` from the environment when None.

    Raises what :func:`ui.bootstrap.build` raises.
    """
    system = build(settings or load_settings())
    app = Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=API),
            openapi.description,
            Router("/", route_handlers=PAGES, include_in_schema=False, request_class=render.PageRequest),
            *WATCH,
            *HOOKS,
            *assets.routes(),
        ],
        lifespan=[_running],
        dependencies={
            "system": Provide(lambda: app.state.system, sync_to_thread=False),
            "actor": Provide(authentication.provide_actor),
            "visitor": Provide(authentication.provide_visitor),
            "reader": Provide(language.provide_reader, sync_to_thread=False),
            "translator": Provide(language.provide_translator, sync_to_thread=False),
        },
        guards=[csrf.protect],
        middleware=[IdempotencyMiddleware],
        exception_handlers=errors.EXCEPTION_HANDLERS,
        plugins=[
            _Channels(
                system.live.backend, arbitrary_channels_allowed=True, subscriber_class=live.LiveSubscriber
            )
        ],
        template_config=_templates(),
        compression_config=CompressionConfig(
            backend="brotli",
            brotli_quality=shortcut.BROTLI_QUALITY,
            gzip_compress_level=shortcut.GZIP_LEVEL,
            minimum_size=shortcut.PACKED_FROM,
            exclude=_NOT_COMPRESSED,
            exclude_opt_key="no_compression",
        ),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=openapi.CONFIG,
        logging_config=None,
        debug=False,
    )
    # around everything, also around answers that no route gives (404)
    app.asgi_handler = Edge(shortcut.Shortcut(app, app.asgi_handler), secure=False)
    furnish(app, system)
    return app


def furnish(app: Litestar, system: System) -> None:
    """Give an application that does not run its parts; one that has stopped may so serve another installation.

    Making the routes takes half a second, which a process that needs many applications, such as one of tests, need
    spend only once.
    """
    app.state.clear()
    app.state.system = system
    app.plugins.get(_Channels).listen_to(system.live.backend)
    edge = app.asgi_handler
    assert isinstance(edge, Edge)  # noqa: S101 - create_app has put it there
    edge.secure = system.settings.base_url.startswith("https:")


class _Channels(ChannelsPlugin):
    """What open pages listen to."""

    def listen_to(self, backend: ChannelsBackend) -> None:
        """Hear of this installation's notices and of no other's."""
        self._backend = backend
        self._channels.clear()


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    system: System = app.state.system
    await system.start()
    try:
        yield
    finally:
        await system.stop()


def _templates() -> TemplateConfig[JinjaTemplateEngine]:
    config = render.template_config()
    engine = config.engine_instance
    engine.engine.globals.update(csrf_token=csrf.token_of_page, csrf_field=csrf.field_of_page)
    return config
