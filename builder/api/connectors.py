"""``/apps/{app}/connectors`` and ``/connectors/{connector}``. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from builder import connectors, usage
from builder.api.shapes import Uses, use_bodies
from builder.connectors import ConnectorInfo
from runtime.api.common import TheActor, TheSystem, TheTranslator, moment
from runtime.connectors import Connectors
from runtime.i18n import Translator


class ConnectorBody(msgspec.Struct, frozen=True, kw_only=True):
    """A connector without its secrets. ``settings``: what is stored in the clear; ``filled``: names of stored secrets.

    ``shown``: where it leads; ``status``: ``ok``, ``failed`` (``message`` says why) or ``needs_settings``.
    """

    id: str
    app: str
    kind: str
    name: str
    icon: str
    settings: dict[str, str]
    filled: tuple[str, ...]
    shown: str
    status: str
    message: str | None
    created_at: str


class ConnectorsAnswer(msgspec.Struct, frozen=True):
    """The connectors of an app."""

    connectors: tuple[ConnectorBody, ...]


class NewConnector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A connector to be made; ``settings`` by the names of its kind's fields."""

    kind: str
    name: str
    settings: dict[str, Any] = {}


class ConnectorPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change; secrets left empty keep their stored value."""

    name: str | None = None
    settings: dict[str, Any] | None = None


class SettingBody(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a kind, as its form shows it."""

    name: str
    label: str
    input: str
    required: bool
    secret: bool
    help: str
    placeholder: str


class KindBody(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of connector; ``steps`` tell a person how to get the settings."""

    id: str
    name: str
    description: str
    icon: str
    fields: tuple[SettingBody, ...]
    steps: tuple[str, ...]


class KindsAnswer(msgspec.Struct, frozen=True):
    """The kinds of connectors there are."""

    kinds: tuple[KindBody, ...]


def _body(info: ConnectorInfo, translator: Translator) -> ConnectorBody:
    return ConnectorBody(
        id=info.id,
        app=info.app,
        kind=info.kind,
        name=info.name,
        icon=info.icon,
        settings=info.settings,
        filled=info.filled,
        shown=info.shown,
        status=info.status,
        message=None if info.message is None else info.message.text(translator),
        created_at=moment(info.created_at),
    )


@get("/connector-kinds", sync_to_thread=False)
def connector_kinds(system: TheSystem, translator: TheTranslator) -> KindsAnswer:
    """The kinds of connectors, with the settings each needs."""

    def told(msgid: str) -> str:
        return translator.gettext(msgid) if msgid else ""

    return KindsAnswer(
        tuple(
            KindBody(
                id=kind.id,
                name=told(kind.name),
                description=told(kind.description),
                icon=kind.icon,
                fields=tuple(
                    SettingBody(
                        name=field.name,
                        label=told(field.label),
                        input=field.input,
                        required=field.required,
                        secret=field.secret,
                        help=told(field.help),
                        placeholder=told(field.placeholder),
                    )
                    for field in kind.fields
                ),
                steps=tuple(told(step) for step in kind.steps),
            )
            for kind in Connectors.of(system.outbound, system.settings).kinds
        )
    )


@get("/apps/{app:str}/connectors")
async def list_connectors(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str]
) -> ConnectorsAnswer:
    """The connectors of an app. Builders and owners only."""
    infos = await connectors.list_of(system, actor, app)
    return ConnectorsAnswer(tuple(_body(info, translator) for info in infos))


@post("/apps/{app:str}/connectors")
async def create_connector(
    system: TheSystem, actor: TheActor, translator: TheTranslator, app: FromPath[str], data: NewConnector
) -> ConnectorBody:
    """Add a connector. Problems carry the setting's name as ``path``."""
    made = await connectors.create(system, actor, app, kind=data.kind, name=data.name, settings=data.settings)
    return _body(made, translator)


@patch("/connectors/{connector:str}")
async def update_connector(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    connector: FromPath[str],
    data: ConnectorPatch,
) -> ConnectorBody:
    """Rename a connector or enter its settings again."""
    changed = await connectors.update(system, actor, connector, name=data.name, settings=data.settings)
    return _body(changed, translator)


@delete("/connectors/{connector:str}")
async def delete_connector(system: TheSystem, actor: TheActor, connector: FromPath[str]) -> None:
    """Remove a connector; its secrets are wiped."""
    await connectors.delete(system, actor, connector)


@post("/connectors/{connector:str}/test", status_code=HTTP_200_OK)
async def test_connector(
    system: TheSystem, actor: TheActor, translator: TheTranslator, connector: FromPath[str]
) -> ConnectorBody:
    """Send a test message; an error says why it was not taken."""
    return _body(await connectors.test(system, actor, connector, translator), translator)


@get("/connectors/{connector:str}/uses")
async def connector_uses(
    system: TheSystem, actor: TheActor, translator: TheTranslator, connector: FromPath[str]
) -> Uses:
    """Where the connector is used."""
    return Uses(use_bodies(await usage.where_used(system, actor, connector), translator))


ROUTES = (
    connector_kinds,
    list_connectors,
    create_connector,
    update_connector,
    delete_connector,
    test_connector,
    connector_uses,
)
