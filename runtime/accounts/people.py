"""Accounts: making them, changing them, switching them off."""

from __future__ import annotations

import asyncio
from datetime import datetime

import asyncpg
import msgspec

from runtime import secrets
from runtime.access import Actor, require_instance_owner
from runtime.accounts import rules, throttle
from runtime.accounts.telling import people_changed
from runtime.errors import Duplicate, InvalidInput, NotFound, RuleBroken
from runtime.i18n import DEFAULT_LANGUAGE, N_
from runtime.ids import new_id
from runtime.storage.database import Row, Tx
from runtime.system import System

_RESET_LENGTH = 14  # of 6 bits each
_OWNERS_LOCK = 7002  # advisory lock; the other numbers are in migrations.runner and runtime.catalog


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an account. ``id`` is public (``usr…``), ``number`` the row in ``meta.person``."""

    id: str
    number: int
    email: str
    name: str
    language: str
    theme: str
    is_owner: bool
    active: bool
    created_at: datetime


_COLUMNS = "public_id AS id, id AS number, email, name, language, theme, is_owner, active, created_at"
_SELECT = f"SELECT {_COLUMNS} FROM meta.person "
_INSERT = (
    "INSERT INTO meta.person (public_id, email, name, password_hash, language, is_owner)"
    f" VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_COLUMNS}"
)


def _person(row: Row) -> Person:
    return Person(**dict(row))


async def has_people(system: System) -> bool:
    """Whether any account exists; while none does, the first visitor makes the owner's."""
    return bool(await system.db.value("SELECT EXISTS (SELECT 1 FROM meta.person)"))


async def find_person(system: System, key: str) -> Person:
    """The person with this public id or e-mail address. Raises :class:`NotFound`."""
    row = await system.db.row(_SELECT + "WHERE public_id = $1 OR email = lower($1)", key)
    if row is None:
        raise NotFound(N_("没有找到账号「{key}」"), code="unknown_person", key=key)
    return _person(row)


async def people(system: System, actor: Actor) -> list[Person]:
    """Every account of this installation, oldest first; for its owner."""
    require_instance_owner(actor)
    return [_person(row) for row in await system.db.fetch(_SELECT + "ORDER BY id")]


async def create_first_owner(
    system: System, *, email: str, name: str, password: str, language: str = DEFAULT_LANGUAGE
) -> Person:
    """Make the owner's account on an installation without any.

    Raises:
        RuleBroken: an account exists already, also one made in this very moment by somebody else.
        InvalidInput: the e-mail address, name, password or language will not do.
    """
    async with system.db.transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock($1)", _OWNERS_LOCK)
        if await tx.value("SELECT EXISTS (SELECT 1 FROM meta.person)"):
            raise RuleBroken(N_("这里已经有账号了,请登录;没有账号就请管理员邀请你"), code="already_set_up")
        return await _insert(tx, email=email, name=name, password=password, language=language, owner=True)


async def create_user(
    system: System,
    *,
    email: str,
    password: str,
    name: str | None = None,
    language: str = DEFAULT_LANGUAGE,
    owner: bool = False,
) -> Person:
    """Make an account. ``owner``: of the whole installation. Without a name, the e-mail's part before the @.

    For the command line and accepted invitations: checks no actor.

    Raises:
        Duplicate: the e-mail address has an account.
        InvalidInput: the e-mail address, name, password or language will not do.
    """
    async with system.db.transaction() as tx:
        return await _insert(
            tx,
            email=email,
            name=email.partition("@")[0] if name is None else name,
            password=password,
            language=language,
            owner=owner,
        )


async def _insert(tx: Tx, *, email: str, name: str, password: str, language: str, owner: bool) -> Person:
    problems = []
    tidy = {}
    for key, check in (
        ("email", lambda: rules.email_address(email)),
        ("name", lambda: rules.person_name(name)),
        ("password", lambda: rules.check_password(password, email=email.strip(), name=name.strip())),
        ("language", lambda: rules.language(language)),
    ):
        try:
            tidy[key] = check()
        except InvalidInput as error:
            problems.append(error)
    if problems:
        first = problems[0]
        first.problems = [error.as_problem() for error in problems]
        raise first
    hashed = await asyncio.to_thread(secrets.hash_password, password)
    try:
        async with tx.savepoint():
            row = await tx.row(
                _INSERT,
                new_id("usr"),
                tidy["email"],
                tidy["name"],
                hashed,
                tidy["language"],
                owner,
            )
    except asyncpg.UniqueViolationError:
        raise Duplicate(N_("邮箱 {email} 已经有账号了"), field="email", email=tidy["email"]) from None
    assert row is not None  # noqa: S101 - RETURNING gives the row
    return _person(row)


async def set_name(system: System, actor: Actor, name: str) -> None:
    """Change one's own name. Raises :class:`InvalidInput`."""
    number, tidy = _self(actor), rules.person_name(name)
    async with system.db.transaction() as tx:
        await people_changed(system, tx)
        await tx.execute("UPDATE meta.person SET name = $2 WHERE id = $1", number, tidy)


async def set_appearance(
    system: System, actor: Actor, *, language: str | None = None, theme: str | None = None
) -> None:
    """Change one's own language or theme; None leaves it. Raises :class:`InvalidInput`."""
    await system.db.execute(
        "UPDATE meta.person SET language = coalesce($2, language), theme = coalesce($3, theme) WHERE id = $1",
        _self(actor),
        None if language is None else rules.language(language),
        None if theme is None else rules.theme(theme),
    )


async def change_password(
    system: System, actor: Actor, *, current: str, new: str, keep_session: str | None = None
) -> None:
    """Change one's own password; every other browser is signed out, ``keep_session`` (a token) stays.

    Raises:
        InvalidInput: the current password is wrong (field ``current``), or the new one will not do (``new``).
        TooOften: too many wrong ones in a row.
    """
    number = _self(actor)
    await throttle.admit(system, email=actor.email)
    stored = await system.db.value("SELECT password_hash FROM meta.person WHERE id = $1", number)
    if not await asyncio.to_thread(secrets.verify_password, current, stored or ""):
        raise InvalidInput(N_("现在的密码不对"), code="wrong_password", field="current")
    await throttle.succeed(system, email=actor.email)
    rules.check_password(new, email=actor.email, name=actor.name, field="new")
    await _store_password(system, number, new, keep_session)


async def set_password(system: System, person: Person, new: str) -> None:
    """Give somebody a new password (command line) and sign out all their browsers. Raises :class:`InvalidInput`."""
    rules.check_password(new, email=person.email, name=person.name)
    await _store_password(system, person.number, new, None)


async def reset_password(system: System, actor: Actor, person_id: str) -> str:
    """A new random password for somebody who forgot theirs, returned once to be handed over; for the owner.

    All their browsers are signed out.

    Raises:
        NotAllowed: the actor is not the owner of the installation.
        RuleBroken: the actor's own password is changed with the old one, see :func:`change_password`.
        NotFound: no such person.
    """
    require_instance_owner(actor)
    if person_id == actor.id:
        raise RuleBroken(N_("自己的密码在「密码」里改"), code="own_password")
    person = await find_person(system, person_id)
    password = secrets.new_token()[:_RESET_LENGTH]
    await set_password(system, person, password)
    return password


async def _store_password(system: System, number: int, password: str, keep_session: str | None) -> None:
    hashed = await asyncio.to_thread(secrets.hash_password, password)
    kept = secrets.hash_token(keep_session) if keep_session else ""
    async with system.db.transaction() as tx:
        await tx.execute("UPDATE meta.person SET password_hash = $2 WHERE id = $1", number, hashed)
        await tx.execute("DELETE FROM meta.session WHERE person_id = $1 AND token_hash <> $2", number, kept)


async def set_active(system: System, actor: Actor, person_id: str, active: bool) -> None:
    """Switch an account off (its sessions and tokens stop at once) or on again; for the installation's owner.

    Raises:
        NotAllowed: the actor is not the owner.
        RuleBroken: the last active owner would be gone.
        NotFound: no such person.
    """
    require_instance_owner(actor)
    async with system.db.transaction() as tx:
        await people_changed(system, tx, actor)
        await tx.execute("SELECT pg_advisory_xact_lock($1)", _OWNERS_LOCK)
        person = await find_person(system, person_id)
        if not active and person.is_owner:
            others = await tx.value(
                "SELECT count(*) FROM meta.person WHERE is_owner AND active AND id <> $1", person.number
            )
            if not others:
                raise RuleBroken(N_("这是唯一的管理员账号,不能停用"), code="last_owner")
        await tx.execute("UPDATE meta.person SET active = $2 WHERE id = $1", person.number, active)
        if not active:
            await tx.execute("DELETE FROM meta.session WHERE person_id = $1", person.number)


def _self(actor: Actor) -> int:
    if actor.person is None:
        raise NotFound()
    return actor.person
