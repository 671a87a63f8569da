"""``/apps/{app}/connectors`` and ``/connectors/{connector}``. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
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
    ``per_minute``: a limit that was set; ``limit``: the one that counts, null for none. ``waiting``: messages still to be
    sent, ``retrying`` of them after a failure; ``empty_at``: about when all will have left.
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
    per_minute: int | None
    limit: int | None
    paused_at: str | None
    paused_by: str
    waiting: int
    retrying: int
    empty_at: str | None


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
    per_minute: int | msgspec.UnsetType | None = msgspec.UNSET


class PauseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether to hold back what the connector has to send."""

    paused: bool


class OptionBody(msgspec.Struct, frozen=True):
    """One answer of a setting that is chosen."""

    value: str
    label: str


class SettingBody(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a kind, as its form shows it. ``only_with``: shown when another setting has one of these values."""

    name: str
    label: str
    input: str
    required: bool
    secret: bool
    help: str
    placeholder: str
    options: tuple[OptionBody, ...] = ()
    only_with: tuple[str, tuple[str, ...]] | None = None


class KindBody(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of connector; ``steps`` tell a person how to get the settings. ``per_minute``: the other side's limit, if known."""

    id: str
    name: str
    description: str
    icon: str
    fields: tuple[SettingBody, ...]
    steps: tuple[str, ...]
    per_minute: int | None


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
        per_minute=info.per_minute,
        limit=info.limit,
        paused_at=None if info.paused_at is None else moment(info.paused_at),
        paused_by=info.paused_by,
        waiting=info.waiting,
        retrying=info.retrying,
        empty_at=None if info.empty_at is None else moment(info.empty_at),
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
                        options=tuple(OptionBody(one.value, told(one.label)) for one in field.options),
                        only_with=field.only_with,
                    )
                    for field in kind.fields
                ),
                steps=tuple(told(step) for step in kind.steps),
                per_minute=None if kind.pacing is None else kind.pacing.limit,
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
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    app: FromPath[str],
    data: JSONBody[NewConnector],
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
    data: JSONBody[ConnectorPatch],
) -> ConnectorBody:
    """Rename a connector, enter its settings again, or limit what it sends per minute (null: its kind's limit)."""
    changed = await connectors.update(
        system, actor, connector, name=data.name, settings=data.settings, per_minute=data.per_minute
    )
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


@post("/connectors/{connector:str}/pause", status_code=HTTP_200_OK)
async def pause_connector(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    connector: FromPath[str],
    data: JSONBody[PauseBody],
) -> ConnectorBody:
    """Hold back what the connector has to send, or let it go on; nothing is lost meanwhile."""
    return _body(await connectors.pause(system, actor, connector, paused=data.paused), translator)


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
    pause_connector,
    connector_uses,
)
