"""The composition root: real parts are chosen here, once, and handed to everything else."""

from __future__ import annotations

from builder import automation_health, conversions, converting, move_health, trash
from runtime.automations.hooks import forget_calls
from runtime.automations.retention import forget_old_runs
from runtime.automations.statistics import keep_days
from runtime.errors import ServiceUnavailable
from runtime.events.live import Live
from runtime.files import housekeeping
from runtime.i18n import N_
from runtime.inbox import forget_old_notices
from runtime.outbound import OutboundClient
from runtime.records import trash as record_trash
from runtime.secrets import SecretBox
from runtime.settings import Settings
from runtime.storage.database import Database
from runtime.system import System
from runtime.worker import imports
from runtime.worker.jobs import JobKinds
from runtime.worker.scheduler import Chore

JOB_KINDS: JobKinds = {"import": imports.run, conversions.KIND: converting.run}
"""What each kind of job does; the worker is given it."""

CHORES: tuple[Chore, ...] = (
    record_trash.empty,
    trash.empty,
    keep_days,
    forget_old_runs,
    forget_calls,
    forget_old_notices,
    housekeeping.tidy,
    conversions.tidy,
)
"""What the scheduler does every hour, besides its own housekeeping."""


def build(settings: Settings) -> System:
    """The parts of one process, not yet connected (``await system.start()``).

    Raises:
        ServiceUnavailable: ``settings`` name no PostgreSQL or no Redis; ``huobiao serve`` starts its own.
        InvalidInput: the installation's key is damaged.
    """
    if not settings.database_url or not settings.redis_url:
        raise ServiceUnavailable(
            N_(
                "没有数据库或 Redis 的地址:用 huobiao serve 启动自带的,或设置 HUOBIAO_DATABASE_URL 和 HUOBIAO_REDIS_URL"
            )
        )
    system = System(
        settings=settings,
        db=Database(settings.database_url),
        live=Live(settings.redis_url),
        box=SecretBox.from_settings(settings),
        outbound=OutboundClient(
            allow_private=settings.allow_private_outbound, allowed=[settings.wecom_base_url]
        ),
    )
    system.watchers += [automation_health.tell, move_health.tell]
    return system
