"""Reading templates from their folders."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import yaml

from runtime.errors import InvalidDefinition, NotFound
from runtime.i18n import N_
from templates_market.package import Template

SHIPPED = Path(__file__).parent / "templates"

CATEGORIES = {
    "orders": N_("订单"),
    "stock": N_("库存"),
    "service": N_("客服"),
    "finance": N_("财务"),
    "phone": N_("手机工作台"),
}


def read(folder: Path) -> Template:
    """The template in a folder.

    Raises:
        InvalidDefinition: ``template.yaml`` is missing, no YAML, or not of the shape of a template.
    """
    try:
        raw = yaml.safe_load((folder / "template.yaml").read_text(encoding="utf-8"))
        return msgspec.structs.replace(msgspec.convert(raw, Template), folder=folder)
    except OSError as error:
        raise InvalidDefinition(N_("「{folder}」里没有 template.yaml"), folder=folder.name) from error
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise InvalidDefinition(
            N_("模板「{folder}」写得不对:{reason}"), folder=folder.name, reason=str(error).splitlines()[0]
        ) from error


@cache
def shipped() -> tuple[Template, ...]:
    """Every template that comes with the product, in the market's order."""
    found = [read(path.parent) for path in sorted(SHIPPED.glob("*/template.yaml"))]
    return tuple(sorted(found, key=lambda t: (t.slug != "order-pool", t.slug != "order-lookup", t.slug)))


def find(slug: str) -> Template:
    """The shipped template of that slug. Raises NotFound naming the ones there are."""
    for template in shipped():
        if template.slug == slug:
            return template
    slugs = [t.slug for t in shipped()]
    raise NotFound(N_("没有模板「{slug}」,可选:{slugs}"), code="unknown_template", slug=slug, slugs=slugs)


def search(text: str = "", category: str = "") -> tuple[Template, ...]:
    """Templates whose names or words hold ``text`` (either language), of one category if given."""
    wanted = text.strip().casefold()

    def matches(template: Template) -> bool:
        words = (template.name, template.summary, template.description)
        hay = " ".join([template.slug, *(w.zh for w in words), *(w.en for w in words)]).casefold()
        return (not wanted or wanted in hay) and (not category or template.category == category)

    return tuple(t for t in shipped() if matches(t))
