"""API tokens: a program acting for a person, with that person's roles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from runtime import secrets
from runtime.access import Actor
from runtime.accounts import rules
from runtime.accounts.people import Person
from runtime.accounts.sessions import _ACTOR, actor_of, holder
from runtime.errors import InvalidInput, NotFound
from runtime.i18n import N_
from runtime.ids import new_id
from runtime.system import System

TOKEN_PREFIX = "hb_"  # noqa: S105 - tells people, and scanners of leaked secrets, what a found string is
_SEEN_AFTER = timedelta(minutes=1)
_BY_TOKEN = (
    _ACTOR.rstrip()
    + ", t.token_hash, t.last_used_at FROM meta.api_token t JOIN meta.person p ON p.id = t.person_id"
    + " WHERE t.token_hash {} AND p.active"
)


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A token as its owner sees it in a list; the token itself is never shown again."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


async def create_token(system: System, person: Person | Actor, *, name: str = "") -> tuple[str, TokenInfo]:
    """A new token of ``person``: the token itself, to be shown once, and what the list shows of it.

    Raises:
        InvalidInput: the name is too long.
    """
    number = person.number if isinstance(person, Person) else person.person
    name = " ".join(name.split()) or "API"
    if len(name) > rules.MAX_NAME_LENGTH:
        raise InvalidInput(
            N_("最多 {count} 个字"), code="too_long", field="name", count=rules.MAX_NAME_LENGTH
        )
    token = secrets.new_token(TOKEN_PREFIX)
    row = await system.db.row(
        "INSERT INTO meta.api_token (public_id, token_hash, person_id, name) VALUES ($1, $2, $3, $4)"
        " RETURNING public_id AS id, name, created_at, last_used_at",
        new_id("tok"),
        secrets.hash_token(token),
        number,
        name,
    )
    assert row is not None  # noqa: S101 - RETURNING gives the row
    return token, TokenInfo(**dict(row))


async def tokens(system: System, actor: Actor) -> list[TokenInfo]:
    """One's own tokens, the newest first."""
    rows = await system.db.fetch(
        "SELECT public_id AS id, name, created_at, last_used_at FROM meta.api_token WHERE person_id = $1 ORDER BY id DESC",
        actor.person,
    )
    return [TokenInfo(**dict(row)) for row in rows]


async def revoke_token(system: System, actor: Actor, token_id: str) -> None:
    """Make one of one's own tokens invalid at once. Raises :class:`NotFound`."""
    done = await system.db.execute(
        "DELETE FROM meta.api_token WHERE public_id = $1 AND person_id = $2", token_id, actor.person
    )
    if done == "DELETE 0":
        raise NotFound()


async def token_actor(system: System, token: str) -> Actor | None:
    """Whom the API token ``token`` acts for; None when it is unknown or its person switched off."""
    hashed = secrets.hash_token(token)
    row = await holder(system, _BY_TOKEN, hashed)
    if row is None:
        return None
    used = row["last_used_at"]
    if used is None or datetime.now(UTC) - used > _SEEN_AFTER:
        await system.db.execute(
            "UPDATE meta.api_token SET last_used_at = now() WHERE token_hash = $1", hashed
        )
    system.catalogs.seen(row["catalog_version"])
    return actor_of(row, "token")
