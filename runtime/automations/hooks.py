"""Inbound webhooks: the secret address of an automation, and what comes in there.

The address is kept as a hash, the signing secret sealed; both are shown once, when they are made. A call is checked (size,
signature, rate), read, and stored as a run in one transaction before it is answered: what was answered is not lost, and a
call that repeats its key finds the run that is there. While the builder waits for a sample, the latest call is kept to be
looked at.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError

from runtime.access import Actor, Operation, require
from runtime.automations import runs
from runtime.automations.hook_content import at, pick, read_body, shortened
from runtime.automations.runs import NewRun, Trigger
from runtime.catalog import App, Automation, Catalog
from runtime.definitions.triggers import HookSignature, Webhook
from runtime.errors import HuobiaoError, InvalidInput, NotAllowed, NotFound, RuleBroken, TooMuch, TooOften
from runtime.events.live import WAKE_RELAY, Notice
from runtime.i18n import N_
from runtime.storage.database import Row
from runtime.system import System

log = structlog.get_logger(__name__)

MAX_BYTES = 1_000_000
MOST_PER_MINUTE = 600
WAITS = timedelta(minutes=15)
"""How long a sample is waited for."""
_MAX_KEY = 500
_UNTOLD_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """An address as the builder sees it. ``hint``: its last letters; ``sample``: ``{headers, body}`` of the latest call."""

    hint: str
    made_at: datetime
    signed: bool
    waiting_until: datetime | None
    sample: Any
    sample_at: datetime | None
    taken: int
    taken_at: datetime | None
    repeated: int
    refused: int
    refused_at: datetime | None
    refusal: str | None


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a call: the run it started or had started before (``repeated``); None when it was only a sample."""

    run: str | None
    repeated: bool = False


# ---- what the builder does ----


async def read(system: System, actor: Actor, automation_id: str) -> Hook | None:
    """The address of an automation; None when it has none yet. Raises NotFound, NotAllowed."""
    automation = await _automation(system, actor, automation_id)
    row = await system.db.row("SELECT * FROM meta.hook WHERE automation_id = $1", automation.number)
    return None if row is None else _hook(row)


async def make(system: System, actor: Actor, automation_id: str) -> str:
    """Make an address, or another one; the old one stops working at once. Returns the whole address, this once."""
    automation = await _automation(system, actor, automation_id)
    secret = secrets.token_urlsafe(32)
    await system.db.execute(
        "INSERT INTO meta.hook (automation_id, secret_hash, hint) VALUES ($1, $2, $3)"
        " ON CONFLICT (automation_id) DO UPDATE SET secret_hash = $2, hint = $3, made_at = now()",
        automation.number,
        _hash(secret),
        secret[-4:],
    )
    log.info("hook made", automation=automation.id, by=actor.id)
    return f"{system.settings.base_url}/hooks/{secret}"


async def sign_with(system: System, actor: Actor, automation_id: str, secret: str | None) -> str:
    """Set the secret that calls are signed with; None: a new one is made. Returns it, this once.

    Raises:
        InvalidInput: it is too short to be one, or too long.
        RuleBroken: the automation has no address yet.
    """
    automation = await _automation(system, actor, automation_id)
    if secret is not None and not 8 <= len(secret) <= 500:
        raise InvalidInput(
            N_("签名密钥应有 {low} 到 {high} 个字符"), code="bad_signing_secret", low=8, high=500
        )
    chosen = secret or secrets.token_urlsafe(32)
    done = await system.db.execute(
        "UPDATE meta.hook SET signing = $2 WHERE automation_id = $1",
        automation.number,
        system.box.encrypt(chosen),
    )
    if not done.endswith(" 1"):
        raise RuleBroken(N_("先生成接收地址"), code="no_hook")
    return chosen


async def listen(system: System, actor: Actor, automation_id: str, waiting: bool) -> Hook:
    """Begin to wait for a sample (the last one is forgotten), or stop. Raises RuleBroken when there is no address yet."""
    automation = await _automation(system, actor, automation_id)
    until = datetime.now(UTC) + WAITS if waiting else None
    row = await system.db.row(
        "UPDATE meta.hook SET waiting_until = $2, sample = CASE WHEN $2::timestamptz IS NULL THEN sample END,"
        " sample_at = CASE WHEN $2::timestamptz IS NULL THEN sample_at END WHERE automation_id = $1 RETURNING *",
        automation.number,
        until,
    )
    if row is None:
        raise RuleBroken(N_("先生成接收地址"), code="no_hook")
    return _hook(row)


async def _automation(system: System, actor: Actor, automation_id: str) -> Automation:
    automation = (await system.catalogs.current()).automation(automation_id)
    require(actor, Operation.BUILD, automation.app_id)
    return automation


def _hook(row: Row) -> Hook:
    return Hook(
        hint=row["hint"],
        made_at=row["made_at"],
        signed=bool(row["signing"]),
        waiting_until=row["waiting_until"],
        sample=msgspec.json.decode(row["sample"]) if row["sample"] else None,
        sample_at=row["sample_at"],
        taken=row["taken"],
        taken_at=row["taken_at"],
        repeated=row["repeated"],
        refused=row["refused"],
        refused_at=row["refused_at"],
        refusal=row["refusal"],
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# ---- what comes in ----


async def receive(
    system: System, secret: str, headers: Mapping[str, str], body: bytes | None, now: datetime | None = None
) -> Received:
    """Take a call; ``body`` None: it was larger than :data:`MAX_BYTES`. Header names in small letters.

    Raises:
        NotFound: no such address.
        TooMuch, TooOften: too large; more than :data:`MOST_PER_MINUTE` in a minute.
        NotAllowed: the signature is missing, wrong or too old.
        InvalidInput: the body cannot be read.
        RuleBroken: the automation is switched off, and nobody waits for a sample.
    """
    row = await system.db.row("SELECT * FROM meta.hook WHERE secret_hash = $1", _hash(secret))
    found = _of_number(await system.catalogs.current(), row["automation_id"]) if row is not None else None
    if row is None or found is None:
        raise NotFound(N_("没有这个接收地址,可能已经换成新的"), code="no_hook")
    app, automation = found
    try:
        return await _take(system, app, automation, row, headers, body, now or datetime.now(UTC))
    except HuobiaoError as error:
        await system.db.execute(
            "UPDATE meta.hook SET refused = refused + 1, refused_at = now(), refusal = $2 WHERE automation_id = $1",
            automation.number,
            error.error_code,
        )
        log.info("hook call refused", automation=automation.id, code=error.error_code)
        await system.live.publish(Notice(topic=automation.id, kind="run"))
        raise


async def _take(
    system: System, app: App, automation: Automation, row: Row, headers: Mapping[str, str], body: bytes | None,
    now: datetime,
) -> Received:  # fmt: skip
    trigger = automation.definition.trigger
    await _admit(system, automation.number)
    if body is None:
        raise TooMuch(N_("内容太大,最多 {kb} KB"), code="body_too_large", kb=MAX_BYTES // 1000)
    if isinstance(trigger, Webhook) and trigger.signature is not None:
        _check_signature(system, trigger.signature, row["signing"], headers, body, now)
    content = read_body(headers.get("content-type", ""), body)
    waiting = row["waiting_until"] is not None and row["waiting_until"] > now
    if waiting:
        await _keep_sample(system, automation, headers, content, now)
    if not isinstance(trigger, Webhook) or not automation.definition.enabled:
        if waiting:  # also for a draft that is not published yet
            return Received(run=None)
        raise RuleBroken(N_("这个自动化已停用,没有接收"), code="hook_off")
    key = _key(trigger, headers, content)
    return await _store(system, app, automation, trigger, content, key, now)


async def _store(
    system: System,
    app: App,
    automation: Automation,
    trigger: Webhook,
    content: Any,
    key: str | None,
    now: datetime,
) -> Received:
    unique = f"{automation.number}:hook:{_hash(key) if key is not None else '-' + secrets.token_hex(16)}"
    async with system.db.transaction() as tx:
        if (
            key is not None
        ):  # two calls with one key at the same moment: the second waits, and finds the first one's run
            await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7012))", unique)
        run = await tx.value("SELECT public_id FROM meta.run WHERE event_key = $1", unique)
        repeated = run is not None
        if not repeated:
            output = {value.key: pick(content, value) for value in trigger.values}
            output["received_at"] = now.isoformat().replace("+00:00", "Z")
            new = NewRun(
                automation=automation,
                key=unique,
                app=app.number,
                trigger=Trigger(action="webhook", channel="webhook", output=output),
            )
            await runs.insert(tx, [new], sent=False)
            run = await tx.value("SELECT public_id FROM meta.run WHERE event_key = $1", unique)
        await tx.execute(
            "UPDATE meta.hook SET taken = taken + $2, repeated = repeated + $3, taken_at = now() WHERE automation_id = $1",
            automation.number,
            0 if repeated else 1,
            1 if repeated else 0,
        )
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    return Received(run=run, repeated=repeated)


async def _admit(system: System, automation: int) -> None:
    now = datetime.now(UTC)
    name = f"hb:hook:{automation}:{now:%H%M}"
    try:
        async with system.live.redis.pipeline(transaction=False) as pipe:
            pipe.incr(name)
            pipe.expire(name, 120)
            count = int((await pipe.execute())[0])
    except (RedisError, OSError) as error:
        log.warning("hooks without a limit: no Redis", error=str(error))
        return
    if count > MOST_PER_MINUTE:
        raise TooOften(
            N_("推送太密,每分钟最多 {limit} 次"), code="hook_too_often", limit=MOST_PER_MINUTE,
            retry_after_seconds=60 - now.second,
        )  # fmt: skip


def _check_signature(
    system: System,
    signature: HookSignature,
    sealed: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> None:
    given = headers.get(signature.header.lower(), "").strip()
    if not sealed:
        raise NotAllowed(N_("还没有设签名密钥,不能核对签名"), code="no_signing_secret")
    if not given:
        raise NotAllowed(N_("缺少签名:请求头 {header}"), code="signature_missing", header=signature.header)
    signed = body
    if signature.timestamp_header:
        stamp = headers.get(signature.timestamp_header.lower(), "").strip()
        _check_age(signature, stamp, now)
        signed = stamp.encode() + b"." + body
    digest = hmac.new(system.box.decrypt(sealed).encode(), signed, hashlib.sha256).digest()
    if signature.encoding == "hex":
        expected, given = digest.hex(), given.removeprefix(signature.prefix).lower()
    else:
        expected, given = base64.b64encode(digest).decode(), given.removeprefix(signature.prefix)
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise NotAllowed(N_("签名不对:核对密钥、编码方式和签名的内容"), code="signature_wrong")


def _check_age(signature: HookSignature, stamp: str, now: datetime) -> None:
    try:
        seconds = float(stamp)
        seconds = seconds / 1000 if seconds > 1e11 else seconds  # milliseconds
        age = abs(now.timestamp() - seconds)
    except ValueError:
        age = float("inf")
    if not age <= signature.tolerance:
        raise NotAllowed(
            N_("签名的时间缺少、看不懂,或与现在相差超过 {seconds} 秒"),
            code="signature_old",
            seconds=signature.tolerance,
        )


def _key(trigger: Webhook, headers: Mapping[str, str], content: Any) -> str | None:
    key = headers.get(trigger.key_header.lower(), "") if trigger.key_header else ""
    if not key and trigger.key_path:
        found = at(content, trigger.key_path)
        key = "" if found is None or isinstance(found, dict | list) else str(found)
    if len(key) > _MAX_KEY:
        raise InvalidInput(N_("去重用的值太长,最多 {limit} 个字符"), code="key_too_long", limit=_MAX_KEY)
    return key or None


async def _keep_sample(
    system: System, automation: Automation, headers: Mapping[str, str], content: Any, now: datetime
) -> None:
    shown = {name: value[:200] for name, value in headers.items() if name not in _UNTOLD_HEADERS}
    sample = msgspec.json.encode({"headers": shown, "body": shortened(content)}).decode()
    await system.db.execute(
        "UPDATE meta.hook SET sample = $2::text::jsonb, sample_at = $3 WHERE automation_id = $1",
        automation.number,
        sample.replace("\\u0000", "\\ufffd"),
        now,
    )
    await system.live.publish(Notice(topic=automation.id, kind="run"))


def _of_number(catalog: Catalog, number: int) -> tuple[App, Automation] | None:
    for app in catalog.apps:
        for automation in app.automations:
            if automation.number == number:
                return app, automation
    return None
