"""The secret address of a form: made with the form, shown to its builders as often as they like, renewed, switched off."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import msgspec
import structlog

from runtime.access import Actor, Operation, require
from runtime.catalog import App, Catalog, Form
from runtime.errors import NotFound
from runtime.i18n import N_
from runtime.storage.database import Row
from runtime.system import System

log = structlog.get_logger(__name__)

_GONE = N_("没有这个表单:链接可能已经换新、停用,或没有复制完整")


class ShareLink(msgspec.Struct, frozen=True, kw_only=True):
    """``path``: the address below the installation's; ``active``: whether it works; how often it was ``submitted``."""

    path: str
    active: bool
    made_at: datetime
    submitted: int
    submitted_at: datetime | None


async def read(system: System, actor: Actor, form_id: str) -> ShareLink:
    """The address of a form, made if it has none yet. Who may change records may pass it on.

    Raises:
        NotFound, NotAllowed: no such form; the actor may only look.
    """
    form = (await system.catalogs.current()).form(form_id)
    require(actor, Operation.EDIT_RECORDS, form.app_id)
    row = await system.db.row("SELECT * FROM meta.form WHERE form_id = $1", form.number)
    if row is None:
        await _put(system, form)
        row = await system.db.row("SELECT * FROM meta.form WHERE form_id = $1", form.number)
    assert row is not None  # noqa: S101 - just made
    return _link(system, row)


async def path_for(system: System, actor: Actor, form_id: str) -> str:
    """Where a member of the app fills the form in, whatever their role.

    Raises:
        NotFound: no such form, or its address is switched off.
    """
    form = (await system.catalogs.current()).form(form_id)
    require(actor, Operation.LOOK, form.app_id)
    await _put(system, form)
    row = await system.db.row("SELECT * FROM meta.form WHERE form_id = $1 AND active", form.number)
    if row is None:
        raise NotFound(_GONE, code="no_form")
    return _link(system, row).path


async def renew(system: System, actor: Actor, form_id: str) -> ShareLink:
    """Give a form another address; the old one stops working at once."""
    form = await _own(system, actor, form_id)
    await _put(system, form, anew=True)
    log.info("form address renewed", form=form.id, by=actor.id)
    return await read(system, actor, form_id)


async def switch(system: System, actor: Actor, form_id: str, active: bool) -> ShareLink:
    """Let the address work, or not."""
    form = await _own(system, actor, form_id)
    await _put(system, form)
    await system.db.execute("UPDATE meta.form SET active = $2 WHERE form_id = $1", form.number, active)
    log.info("form address switched", form=form.id, active=active, by=actor.id)
    return await read(system, actor, form_id)


async def find(system: System, catalog: Catalog, secret: str) -> tuple[App, Form, Row]:
    """The form at an address, and its row.

    Raises:
        NotFound: there is none (any more), or it is switched off.
    """
    row = await system.db.row("SELECT * FROM meta.form WHERE secret_hash = $1 AND active", _hash(secret))
    if row is not None:
        for app in catalog.apps:
            for form in app.forms:
                if form.number == row["form_id"]:
                    return app, form, row
    raise NotFound(_GONE, code="no_form")


async def _own(system: System, actor: Actor, form_id: str) -> Form:
    form = (await system.catalogs.current()).form(form_id)
    require(actor, Operation.BUILD, form.app_id)
    return form


async def _put(system: System, form: Form, *, anew: bool = False) -> None:
    secret = secrets.token_urlsafe(18)
    change = "secret_hash = excluded.secret_hash, secret = excluded.secret, made_at = now(), active = true"
    await system.db.execute(
        "INSERT INTO meta.form (form_id, secret_hash, secret) VALUES ($1, $2, $3)"
        f" ON CONFLICT (form_id) DO {f'UPDATE SET {change}' if anew else 'NOTHING'}",
        form.number,
        _hash(secret),
        system.box.encrypt(secret),
    )


def _link(system: System, row: Row) -> ShareLink:
    return ShareLink(
        path=f"/f/{system.box.decrypt(row['secret'])}",
        active=row["active"],
        made_at=row["made_at"],
        submitted=row["submitted"],
        submitted_at=row["submitted_at"],
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
