"""Templates: the Jinja environment, what every template can call, and Litestar's configuration of both.

In every template, also inside imported macros:

- ``_("共 {n} 条", n=total)``: the sentence in the reader's language;
- ``icon("plus", 16)``, ``glyph("half")``: shapes of the sprite; ``asset("icons.svg")``: a built file's address;
- ``app_assets()`` (base page only), ``island("grid")``: style sheets and scripts of an entry;
- ``choice_of(config, name)``, ``state_glyph(config, name)``: how an option of a select looks;
- ``json_data(id, value)``: data for an island, as ``<script type="application/json">``;
- ``csrf_field()``: the hidden input for plain forms (htmx and islands send the header by themselves);
- ``time_ago(moment)``: a ``<time>`` that stays true; filters ``number money percent day moment clock exact size``;
- ``reader``: language, time zone, theme.
"""

from __future__ import annotations

import datetime as dt
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from litestar import Request
from litestar.plugins.htmx import HTMXRequest
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig
from markupsafe import Markup

from ui import assets, looks
from ui.http.csrf import FIELD as CSRF_FIELD
from ui.http.csrf import csrf_token
from ui.locale import catalogue
from ui.reader import Reader, current, reader_of, reading_as

TEMPLATES = Path(__file__).parent / "templates"


class PageTemplate(jinja2.Template):
    """A template that knows its reader while it renders: from ``reader``, or from the ``request``, in the context."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        context: dict[str, Any] = dict(*args, **kwargs)
        reader = context.get("reader") or _request_reader(context.get("request"))
        app = getattr(context.get("shell"), "app", None)
        token = _request.set(context.get("request"))
        try:
            with reading_as(reader, getattr(app, "time_zone", None)) as reader:
                context["reader"] = reader
                return super().render(context)
        finally:
            _request.reset(token)


_request: ContextVar[Request[Any, Any, Any] | None] = ContextVar("huobiao_request", default=None)


def csrf_value() -> str:
    """The CSRF token for the page being rendered; "" outside of a request."""
    request = _request.get()
    return csrf_token(request) if request else ""


def csrf_field() -> Markup:
    """The hidden input of forms that are sent without htmx."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_value())


def _request_reader(request: Request[Any, Any, Any] | None) -> Reader:
    if request is None:
        return current()
    return reader_of(request.scope, request.cookies, request.headers.get("accept-language", ""))


def gettext(msgid: str, **params: Any) -> str:
    """``_`` of the templates."""
    return current().text(msgid, **params)


def icon(name: str, size: int = 16, cls: str = "") -> Markup:
    """A Lucide icon of ``size`` px with a stroke of 1.5 px; decorative, so the control around it needs a name."""
    stroke = Markup("") if name == "mark" else Markup(' stroke-width="{:.2f}"').format(24 / size * 1.5)
    return Markup(
        '<svg class="i {}" width="{}" height="{}"{} aria-hidden="true"><use href="{}#{}"></use></svg>'
    ).format(cls, size, size, stroke, assets.address("icons.svg"), name)


def glyph(name: str) -> Markup:
    """A state's glyph, 12 px: start, quarter, half, most, done, closed or back."""
    return Markup(
        '<svg class="glyph" width="12" height="12" aria-hidden="true"><use href="{}#state-{}"></use></svg>'
    ).format(assets.address("icons.svg"), name)


def json_data(element_id: str, value: Any) -> Markup:
    """``value`` as JSON in a ``<script type="application/json" id=…>``, safe inside HTML."""
    text = msgspec.json.encode(value).decode()
    for unsafe in ("<", "\u2028", "\u2029"):
        text = text.replace(unsafe, f"\\u{ord(unsafe):04x}")
    safe = Markup(text)  # noqa: S704 - no "<" is left in it, and it is JSON, not markup
    return Markup('<script type="application/json" id="{}">{}</script>').format(element_id, safe)


def time_ago(moment: dt.datetime | str | None) -> Markup:
    """A ``<time>`` that says how long ago; the exact moment is its tooltip. Empty for nothing."""
    if not moment:
        return Markup("")
    reader = current()
    stamp = moment if isinstance(moment, str) else moment.isoformat()
    return Markup('<time datetime="{}" data-relative data-tip="{}">{}</time>').format(
        stamp, reader.exact(moment), reader.ago(moment)
    )


def _catalogue_address() -> str:
    language = current().language
    return "" if language == "zh" else f"/i18n/{language}.json?v={catalogue.islands_digest(language)}"


def _filter(name: str) -> Any:
    @jinja2.pass_context  # a filter with context is not evaluated while the template is compiled, before its reader is known
    def apply(_context: jinja2.runtime.Context, value: Any, *args: Any, **kwargs: Any) -> str:
        return str(getattr(current(), name)(value, *args, **kwargs))

    return apply


def environment() -> jinja2.Environment:
    """A Jinja environment over ``ui/templates``; names that do not exist are errors."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.template_class = PageTemplate
    made.globals.update(
        _=gettext,
        icon=icon,
        glyph=glyph,
        asset=assets.address,
        app_assets=lambda: assets.early() + Markup("\n") + assets.tags("ui/islands/app.ts"),
        island=lambda name: assets.tags(f"ui/islands/{name}/entry.ts"),
        preload_island=assets.preload_island,
        json_data=json_data,
        choice_of=looks.choice_of,
        state_glyph=looks.state_glyph,
        csrf_field=csrf_field,
        csrf_value=csrf_value,
        reader_language=lambda: current().language,
        time_ago=time_ago,
        catalogue_address=_catalogue_address,
    )
    for name in ("number", "money", "percent", "day", "moment", "clock", "exact", "ago", "size"):
        made.filters[name] = _filter(name)
    return made


def render(name: str, *, reader: Reader | None = None, **context: Any) -> str:
    """Render a template outside of a request (mails, tests)."""
    return environment().get_template(name).render(reader=reader or current(), **context)


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """What ``Litestar(template_config=…)`` wants."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))


PageRequest = HTMXRequest
"""The request class of page controllers: ``request.htmx`` tells whether a fragment or a page is wanted."""
