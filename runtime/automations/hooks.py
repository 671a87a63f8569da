"""Inbound webhooks: the secret address of an automation, and what comes in there.

The address is kept as a hash, the signing secret sealed; both are shown once, when they are made. A call is checked (size,
signature, rate), read, and stored as a run in one transaction before it is answered: what was answered is not lost, and a
call that repeats its key finds the run that is there. While the builder waits for a sample, the latest call is kept to be
looked at.

A signed call with a time in its signature is taken once: played again, with whatever other headers, it finds its run. A call
that one of our own automations made counts as deep as that one's run, so that a loop through the outside ends too.
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
from runtime.automations import guards, runs
from runtime.automations.hook_content import at, pick, read_body, shortened
from runtime.automations.runs import NewRun, Trigger
from runtime.catalog import App, Automation, Catalog
from runtime.definitions.triggers import HookSignature, Webhook
from runtime.errors import HuobiaoError, InvalidInput, NotAllowed, NotFound, RuleBroken, TooMuch, TooOften
from runtime.events.live import WAKE_RELAY, Notice
from runtime.i18n import N_
from runtime.storage.database import Row, Tx
from runtime.system import System

log = structlog.get_logger(__name__)

MAX_BYTES = 1_000_000
MOST_PER_MINUTE = 600
WAITS = timedelta(minutes=15)
"""How long a sample is waited for."""
_MAX_KEY = 500
_REMEMBERED = timedelta(days=2)  # longer than any signature is taken for
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


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call that may be taken. ``key``: what repeats are known by; ``signature``: of one that may come only once;
    ``sent_as``: the key that its sender gave it, which is a delivery's where the sender is an automation of ours."""

    content: Any
    key: str | None
    signature: str | None
    sent_as: str
    now: datetime


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
    signature = None
    if isinstance(trigger, Webhook) and trigger.signature is not None:
        signature = _check_signature(system, trigger.signature, row["signing"], headers, body, now)
    content = read_body(headers.get("content-type", ""), body)
    waiting = row["waiting_until"] is not None and row["waiting_until"] > now
    if waiting:
        await _keep_sample(system, automation, headers, content, now)
    if not isinstance(trigger, Webhook) or not automation.definition.enabled:
        if waiting:  # also for a draft that is not published yet
            return Received(run=None)
        raise RuleBroken(N_("这个自动化已停用,没有接收"), code="hook_off")
    call = _Call(
        content=content,
        key=_key(trigger, headers, content),
        signature=signature,
        sent_as=headers.get("idempotency-key", ""),
        now=now,
    )
    return await _store(system, app, automation, trigger, call)


async def _store(system: System, app: App, automation: Automation, trigger: Webhook, call: _Call) -> Received:
    unique = (
        f"{automation.number}:hook:{_hash(call.key) if call.key is not None else '-' + secrets.token_hex(16)}"
    )
    async with system.db.transaction() as tx:
        run = await _run_before(tx, automation, call, unique)
        repeated = run is not None
        if run is None:
            new = await _new_run(tx, app, automation, trigger, call, unique)
            await runs.insert(tx, [new], sent=False)
            run = str(await tx.value("SELECT public_id FROM meta.run WHERE event_key = $1", unique))
        if call.signature is not None:
            await tx.execute(
                "INSERT INTO meta.hook_call (automation_id, signature, run) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                automation.number,
                call.signature,
                run,
            )
        await tx.execute(
            "UPDATE meta.hook SET taken = taken + $2, repeated = repeated + $3, taken_at = now() WHERE automation_id = $1",
            automation.number,
            0 if repeated else 1,
            1 if repeated else 0,
        )
        tx.after_commit.append(lambda: system.live.wake(WAKE_RELAY))
    return Received(run=run, repeated=repeated)


async def _run_before(tx: Tx, automation: Automation, call: _Call, unique: str) -> str | None:
    """The run that an earlier call like this one started. Of two at the same moment the second waits for the first."""
    marks = [unique] if call.key is not None else []
    marks += [f"{automation.number}:sig:{call.signature}"] if call.signature is not None else []
    for mark in sorted(marks):
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7012))", mark)
    run = None
    if call.signature is not None:
        run = await tx.value(
            "SELECT run FROM meta.hook_call WHERE automation_id = $1 AND signature = $2",
            automation.number,
            call.signature,
        )
    if run is None and call.key is not None:
        run = await tx.value("SELECT public_id FROM meta.run WHERE event_key = $1", unique)
    return run


async def _new_run(
    tx: Tx, app: App, automation: Automation, trigger: Webhook, call: _Call, unique: str
) -> NewRun:
    output = {value.key: pick(call.content, value) for value in trigger.values}
    output["received_at"] = call.now.isoformat().replace("+00:00", "Z")
    caller = await tx.row(
        "SELECT r.public_id, r.app_id, r.depth FROM meta.delivery d JOIN meta.run r ON r.id = d.run_id WHERE d.key = $1",
        call.sent_as,
    )
    depth = caller["depth"] + 1 if caller is not None else 0
    source = caller["public_id"] if caller is not None and caller["app_id"] == app.number else None
    return NewRun(
        automation=automation,
        key=unique,
        app=app.number,
        trigger=Trigger(action="webhook", channel="webhook", source=source, output=output),
        depth=depth,
        failure=await guards.too_deep(tx, automation, depth, source),
    )


async def forget_calls(system: System, now: datetime | None = None) -> None:
    """Forget signed calls whose signature is too old to be taken. The scheduler does this every hour."""
    await system.db.execute(
        "DELETE FROM meta.hook_call WHERE at < $1", (now or datetime.now(UTC)) - _REMEMBERED
    )


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
) -> str | None:
    """Refuse a call that is not signed as it should be. The signature's hash where it holds the time of the call, and so
    belongs to this call alone; else None."""
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
    return digest.hex() if signature.timestamp_header else None


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
