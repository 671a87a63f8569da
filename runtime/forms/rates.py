"""How often one address may do something at one form, so that a link cannot be used to flood. Counted in Redis."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec
import structlog
from redis.exceptions import RedisError

from runtime.catalog import Form
from runtime.errors import TooOften
from runtime.i18n import N_
from runtime.system import System

log = structlog.get_logger(__name__)


class Rate(msgspec.Struct, frozen=True):
    """At most ``address`` a minute from one network address, ``form`` a minute from all together."""

    name: str
    address: int
    form: int


SUBMIT = Rate("submit", 20, 300)
UPLOAD = Rate("upload", 40, 300)
CHOOSE = Rate("choose", 120, 1200)


async def admit(system: System, form: Form, rate: Rate, address: str) -> None:
    """Count one. Without Redis nothing is counted.

    Raises:
        TooOften: too many in this minute.
    """
    now = datetime.now(UTC)
    place = hashlib.sha256(address.encode()).hexdigest()[:24]
    names = [f"hb:form:{form.number}:{rate.name}:{who}:{now:%H%M}" for who in (place, "all")]
    try:
        async with system.live.redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.incr(name)
                pipe.expire(name, 120)
            answers = await pipe.execute()
    except (RedisError, OSError) as error:
        log.warning("forms without a limit: no Redis", error=str(error))
        return
    if int(answers[0]) > rate.address or int(answers[2]) > rate.form:
        raise TooOften(
            N_("提交得太频繁了,{n} 秒后再试,填好的内容都还在"),
            code="form_too_often",
            retry_after_seconds=60 - now.second,
            n=60 - now.second,
        )
