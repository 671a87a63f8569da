"""What an app itself is, in its settings: name, looks, time zone, and its end. Members are in ``members.py``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from babel.dates import get_timezone_location
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Template

from builder import apps
from builder.apps import AppPatch
from runtime.access import Actor, Operation, allowed, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import App
from runtime.definitions.fields import COLORS
from runtime.errors import HuobiaoError
from runtime.i18n import N_
from ui.pages.apps import APP_ICONS
from ui.pages.forms import Problems
from ui.reader import Reader

TheReader = NamedDependency[Reader]
Urlencoded = Body(media_type=RequestEncodingType.URL_ENCODED)
_FIELDS = ("name", "icon", "color", "description", "time_zone")
# names that others stand for, and areas without a city
_OTHER_NAMES = ("Etc/", "SystemV/", "posix/", "right/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/")


class GeneralForm(msgspec.Struct, frozen=True):
    """What the section asks for."""

    name: str = ""
    icon: str = ""
    color: str = ""
    description: str = ""
    time_zone: str = ""


class DeletionForm(msgspec.Struct, frozen=True):
    """The app's name, typed to confirm that it may go."""

    name: str = ""


def general(
    actor: Actor,
    reader: Reader,
    app: App,
    form: GeneralForm | None = None,
    problems: Problems | None = None,
) -> dict[str, Any]:
    """Context of the sections "general" and "delete": what the actor may change, as it is or was entered."""
    looks = app.definition
    form = form or GeneralForm(looks.name, looks.icon, looks.color, looks.description, looks.time_zone)
    icons = APP_ICONS if form.icon in APP_ICONS else (form.icon, *APP_ICONS)
    return {
        "general": {
            "app": app.id,
            "changes": allowed(actor, Operation.BUILD, app.id),
            "deletes": allowed(actor, Operation.DELETE_APP, app.id),
            "form": form,
            "problems": problems or Problems(),
            "icons": [icon for icon in icons if icon],
            "colors": COLORS,
            "zones": time_zones(reader.language),
        }
    }


def time_zones(language: str) -> list[tuple[str, str]]:
    """IANA names with what people call them: the city and how far its clock is from Greenwich now."""
    now = datetime.now(UTC)
    found = [(zone, name, now.astimezone(ZoneInfo(zone)).strftime("%z")) for zone, name in _cities(language)]
    return [(zone, f"{name} (UTC{gap[:3]}:{gap[3:]})") for zone, name, gap in found]


@lru_cache(maxsize=4)
def _cities(language: str) -> tuple[tuple[str, str], ...]:
    """Time zones with a city, and the city in the reader's language, by name."""
    locale = {"zh": "zh_CN"}.get(language, language)
    zones = (zone for zone in available_timezones() if "/" in zone and not zone.startswith(_OTHER_NAMES))
    found = [(zone, get_timezone_location(zone, locale=locale, return_city=True)) for zone in zones]
    return (("UTC", "UTC"), *sorted(found, key=lambda one: (one[1], one[0])))


@post("/a/{app:str}/general", include_in_schema=False, status_code=200)
async def save_general(
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    app: FromPath[str],
    data: Annotated[GeneralForm, Urlencoded],
) -> Template | Response[bytes]:
    """Change name, looks, description or time zone; the page is read again, since the rail shows them too."""
    patch = AppPatch(**{name: getattr(data, name) for name in _FIELDS})
    try:
        await apps.update(system, actor, app, patch)
    except HuobiaoError as error:
        if error.status not in (400, 422):
            raise
        found = (await system.catalogs.current()).app(app)
        sentences = {
            p.path or p.field or "general": p.message.text(reader.translator) for p in error.problems
        }
        problems = Problems({key if key in _FIELDS else "general": text for key, text in sentences.items()})
        context = general(actor, reader, found, data, problems)
        return Template("apps/general.html", context=context, status_code=422)
    said = {"hb:flash": {"message": reader.text(N_("已保存"))}}
    headers = {"HX-Trigger": json.dumps(said), "HX-Refresh": "true"}
    return Response(b"", media_type="text/html", headers=headers)


@get("/a/{app:str}/delete", include_in_schema=False)
async def delete_dialog(system: TheSystem, actor: TheActor, app: FromPath[str]) -> Template:
    """Ask before deleting: what goes with the app, in numbers, and its name as a confirmation."""
    return await _ask(system, actor, app, DeletionForm(), Problems())


async def _ask(
    system: TheSystem, actor: Actor, app: str, form: DeletionForm, problems: Problems, status: int = 200
) -> Template:
    impact = await apps.impact(system, actor, app)
    found = (await system.catalogs.current()).app(app)
    context = {"app": found, "impact": impact, "form": form, "problems": problems}
    return Template("apps/delete.html", context=context, status_code=status)


@post("/a/{app:str}/delete", include_in_schema=False, status_code=200)
async def delete_app(
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    app: FromPath[str],
    data: Annotated[DeletionForm, Urlencoded],
) -> Template | Response[bytes]:
    """Put the app into the trash when its name was typed, and go home, where that can be taken back."""
    require(actor, Operation.DELETE_APP, app)
    name = (await system.catalogs.current()).app(app).name
    if " ".join(data.name.split()) != " ".join(name.split()):
        problems = Problems({"name": reader.text(N_("和应用的名字不一样,再看一下"))})
        return await _ask(system, actor, app, data, problems, 422)
    await apps.delete(system, actor, app)
    undo = {"method": "POST", "path": f"/api/v1/apps/{app}/restore", "then": f"/a/{app}"}
    said = {"message": reader.text(N_("「{name}」进了回收站"), name=name), "undo": undo}
    headers = {"HX-Trigger": json.dumps({"hb:flash": said}), "HX-Redirect": "/"}
    return Response(b"", media_type="text/html", headers=headers)


ROUTES = (save_general, delete_dialog, delete_app)
