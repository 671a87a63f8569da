"""``/me``: who the caller is, the apps they belong to, their settings."""

from __future__ import annotations

import msgspec
from litestar import get, patch
from litestar.params import JSONBody

from runtime import accounts
from runtime.api.common import TheActor, TheSystem


class Me(msgspec.Struct, frozen=True):
    """The caller. ``is_owner``: of the whole installation."""

    id: str
    name: str
    email: str
    is_owner: bool


class MyApp(msgspec.Struct, frozen=True):
    """An app the caller belongs to, with their role in it."""

    id: str
    name: str
    icon: str
    color: str
    role: str


class MeAnswer(msgspec.Struct, frozen=True):
    """Who asks, and what they can reach."""

    user: Me
    apps: tuple[MyApp, ...]
    language: str
    theme: str


class MePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings to change; those left out stay."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET
    theme: str | msgspec.UnsetType = msgspec.UNSET


@get("/me")
async def read_me(system: TheSystem, actor: TheActor) -> MeAnswer:
    """Who the caller is and which apps they belong to."""
    catalog = await system.catalogs.current()
    apps = []
    for app in catalog.apps:
        role = actor.role_in(app.id)
        if role is not None:
            apps.append(MyApp(app.id, app.name, app.definition.icon, app.definition.color, role))
    me = Me(actor.id, actor.name, actor.email, actor.everywhere == "owner")
    return MeAnswer(me, tuple(apps), actor.language, actor.theme)


@patch("/me")
async def change_me(system: TheSystem, actor: TheActor, data: JSONBody[MePatch]) -> MeAnswer:
    """Change one's own name, language or theme."""
    if data.name is not msgspec.UNSET:
        await accounts.set_name(system, actor, data.name)
    await accounts.set_appearance(
        system,
        actor,
        language=None if data.language is msgspec.UNSET else data.language,
        theme=None if data.theme is msgspec.UNSET else data.theme,
    )
    changed = msgspec.structs.replace(
        actor,
        **{k: v for k, v in msgspec.structs.asdict(data).items() if v is not msgspec.UNSET},
    )
    return await read_me.fn(system, changed)  # type: ignore[no-any-return]


ROUTES = (read_me, change_me)
