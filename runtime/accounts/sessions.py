"""Sessions: signed-in browsers. The browser holds a random token, the database its hash and an expiry that slides."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from runtime import secrets
from runtime.access import Actor
from runtime.accounts import rules, throttle
from runtime.accounts.people import Person
from runtime.errors import InvalidInput, NotFound, NotSignedIn
from runtime.i18n import N_
from runtime.system import System

# a session's expiry is moved at most this often, so that looking costs no write
SLIDE_AFTER = timedelta(minutes=10)
_USER_AGENT_LENGTH = 300

# hashed once, verified for unknown addresses, so that the time taken does not tell which addresses have accounts
_NOBODY = ""


class SignedIn(msgspec.Struct, frozen=True):
    """A session's owner as an actor; ``slid`` when its expiry was just moved, so that the cookie is sent anew."""

    actor: Actor
    slid: bool = False


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it in a list. ``current``: the one asking."""

    number: int
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


async def sign_in(
    system: System, *, email: str, password: str, address: str = "", user_agent: str = ""
) -> tuple[str, Actor]:
    """Check a password and open a session; returns its token (for the cookie) and the actor.

    ``address``: the caller's network address, for throttling.

    Raises:
        NotSignedIn: the address is unknown, the password wrong or the account switched off; the message is the same.
        TooOften: too many wrong passwords; the message says how long to wait.
    """
    try:
        email = rules.email_address(email)
    except InvalidInput as error:
        raise NotSignedIn(error.message.msgid, code=error.error_code, field="email") from None
    await throttle.admit(system, email=email, address=address)
    row = await system.db.row("SELECT id, password_hash, active FROM meta.person WHERE email = $1", email)
    stored = row["password_hash"] if row is not None else await _nobody()
    fits = await asyncio.to_thread(secrets.verify_password, password[: rules.MAX_PASSWORD_BYTES], stored)
    if row is None or not fits or not row["active"]:
        raise NotSignedIn(N_("邮箱或密码不对"), code="wrong_password")
    await throttle.succeed(system, email=email, address=address)
    if secrets.needs_rehash(stored):
        fresh = await asyncio.to_thread(secrets.hash_password, password)
        await system.db.execute("UPDATE meta.person SET password_hash = $2 WHERE id = $1", row["id"], fresh)
    token = await _open(system, row["id"], user_agent)
    signed_in = await session_actor(system, token)
    if signed_in is None:  # switched off between the two questions
        raise NotSignedIn()
    return token, signed_in.actor


async def open_session(system: System, person: Person, *, user_agent: str = "") -> str:
    """A session for somebody who just proved themselves another way (first account, invitation); its token."""
    return await _open(system, person.number, user_agent)


async def _open(system: System, number: int, user_agent: str) -> str:
    token = secrets.new_token()
    await system.db.execute(
        "INSERT INTO meta.session (token_hash, person_id, expires_at, user_agent) VALUES ($1, $2, $3, $4)",
        secrets.hash_token(token),
        number,
        _expiry(system),
        user_agent[:_USER_AGENT_LENGTH],
    )
    return token


async def _nobody() -> str:
    global _NOBODY
    if not _NOBODY:
        _NOBODY = await asyncio.to_thread(secrets.hash_password, secrets.new_token())
    return _NOBODY


# looked up for each request and never cached: a role taken away or a password changed holds at once, in every process.
# It costs about as much as asking for a version number would; requests that arrive together are looked up together.
# Roles in apps that lie in the trash are among them: whoever owns one may take it out again.
_ACTOR = """
SELECT p.id, p.public_id, p.name, p.email, p.language, p.theme, p.is_owner,
       (SELECT array_agg(d.public_id || ' ' || m.role)
          FROM meta.membership m JOIN meta.definition d ON d.id = m.app_id
         WHERE m.person_id = p.id) AS roles,
       (SELECT version FROM meta.catalog_state) AS catalog_version
"""
_BY_SESSION = (
    _ACTOR.rstrip()
    + ", s.token_hash, s.last_seen_at FROM meta.session s JOIN meta.person p ON p.id = s.person_id"
    + " WHERE s.token_hash {} AND s.expires_at > now() AND p.active"
)


async def session_actor(system: System, token: str) -> SignedIn | None:
    """Who holds the session ``token``; None when it is unknown, expired, or its person switched off.

    The expiry moves to :attr:`Settings.session_days` from now, at most every ten minutes.
    """
    hashed = secrets.hash_token(token)
    row = await holder(system, _BY_SESSION, hashed)
    if row is None:
        return None
    slid = datetime.now(UTC) - row["last_seen_at"] > SLIDE_AFTER
    if slid:
        await system.db.execute(
            "UPDATE meta.session SET last_seen_at = now(), expires_at = $2 WHERE token_hash = $1",
            hashed,
            _expiry(system),
        )
    system.catalogs.seen(row["catalog_version"])
    return SignedIn(actor_of(row, "person"), slid)


async def holder(system: System, statement: str, hashed: str) -> Any | None:
    """The row of ``statement`` (which says ``{}`` where the hashes go) for one hash, or None."""

    async def together(hashes: list[str]) -> list[Any | None]:
        wanted = list(set(hashes))
        # a single one is nearly all there ever is; PostgreSQL plans a list of unknown length each time anew
        if len(wanted) == 1:
            rows = await system.db.fetch(statement.format("= $1"), wanted[0])
        else:
            rows = await system.db.fetch(statement.format("= ANY($1)"), wanted)
        found = {row["token_hash"]: row for row in rows}
        return [found.get(one) for one in hashes]

    return await system.gather(statement, together)(hashed)


def actor_of(row: Any, kind: Any) -> Actor:
    """The actor in a row of the look-ups by session and by token."""
    return Actor(
        kind=kind,
        id=row["public_id"],
        name=row["name"],
        person=row["id"],
        roles=dict(pair.split(" ", 1) for pair in row["roles"] or ()),
        everywhere="owner" if row["is_owner"] else None,
        language=row["language"],
        theme=row["theme"],
        email=row["email"],
    )


def _expiry(system: System) -> datetime:
    return datetime.now(UTC) + timedelta(days=system.settings.session_days)


async def sessions(system: System, actor: Actor, current_token: str | None = None) -> list[SessionInfo]:
    """One's own signed-in browsers, the one seen last first."""
    current = secrets.hash_token(current_token) if current_token else ""
    rows = await system.db.fetch(
        "SELECT id AS number, user_agent, created_at, last_seen_at, token_hash = $2 AS current FROM meta.session"
        " WHERE person_id = $1 AND expires_at > now() ORDER BY token_hash = $2 DESC, last_seen_at DESC LIMIT 100",
        actor.person,
        current,
    )
    return [SessionInfo(**dict(row)) for row in rows]


async def sign_out(system: System, token: str) -> None:
    """End a session; an unknown one is fine."""
    await system.db.execute("DELETE FROM meta.session WHERE token_hash = $1", secrets.hash_token(token))


async def sign_out_session(system: System, actor: Actor, number: int) -> None:
    """End one of one's own sessions. Raises :class:`NotFound`."""
    done = await system.db.execute(
        "DELETE FROM meta.session WHERE id = $1 AND person_id = $2", number, actor.person
    )
    if done == "DELETE 0":
        raise NotFound()


async def sign_out_everywhere(system: System, actor: Actor, *, keep: str | None = None) -> int:
    """End all of one's own sessions but ``keep`` (a token); returns how many."""
    done = await system.db.execute(
        "DELETE FROM meta.session WHERE person_id = $1 AND token_hash <> $2",
        actor.person,
        secrets.hash_token(keep) if keep else "",
    )
    return int(done.rpartition(" ")[2])


async def forget_expired(system: System) -> None:
    """Delete what has expired: sessions, and invitations a month after they stopped being valid. For the scheduler."""
    await system.db.execute("DELETE FROM meta.session WHERE expires_at < now()")
    await system.db.execute("DELETE FROM meta.invitation WHERE expires_at < now() - interval '30 days'")
