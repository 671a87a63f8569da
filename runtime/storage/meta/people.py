"""Who may sign in, with what, and where they belong."""

from __future__ import annotations

from piccolo.columns import JSONB, BigSerial, Boolean, Integer, Serial, Text, Timestamptz
from piccolo.table import Table


class Person(Table, schema="meta"):
    """Somebody with an account. ``email`` is stored in lower case."""

    id: Serial
    public_id = Text(unique=True)
    email = Text(unique=True)
    name = Text()
    password_hash = Text()
    language = Text(default="zh")
    theme = Text(default="system")
    is_owner = Boolean(default=False)
    active = Boolean(default=True)
    created_at = Timestamptz()


class Session(Table, schema="meta"):
    """A signed-in browser; only a hash of its token is kept."""

    id: Serial
    token_hash = Text(unique=True)
    person_id = Integer(index=True)
    created_at = Timestamptz()
    last_seen_at = Timestamptz()
    expires_at = Timestamptz()
    user_agent = Text()


class ApiToken(Table, schema="meta", tablename="api_token"):
    """A token for programs; only its hash is kept."""

    id: Serial
    public_id = Text(unique=True)
    token_hash = Text(unique=True)
    person_id = Integer(index=True)
    name = Text()
    created_at = Timestamptz()
    last_used_at = Timestamptz(null=True, default=None)


class Invitation(Table, schema="meta"):
    """An invitation of an e-mail address to an app with a role."""

    id: Serial
    token_hash = Text(unique=True)
    email = Text()
    app_id = Integer(index=True)
    role = Text()
    invited_by = Integer()
    created_at = Timestamptz()
    expires_at = Timestamptz()
    accepted_at = Timestamptz(null=True, default=None)


class Membership(Table, schema="meta"):
    """A person's role in an app; one row per pair."""

    id: Serial
    app_id = Integer(index=True)
    person_id = Integer(index=True)
    role = Text()
    created_at = Timestamptz()


class Notice(Table, schema="meta"):
    """Something a person was told inside the product. ``title`` and ``text``: JSON of words or of a message."""

    id: BigSerial
    public_id = Text(unique=True)
    key = Text()
    person_id = Integer(index=True)
    app_id = Integer(null=True, default=None)
    title = JSONB()
    text = JSONB()
    url = Text(default="")
    popup = Boolean(default=False)
    created_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
    read_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    settled_by = Integer(null=True, default=None)
    settled_how = Text(null=True, default=None)
