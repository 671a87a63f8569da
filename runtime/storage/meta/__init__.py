"""The meta tables (PostgreSQL schema ``meta``) as Piccolo tables, a file by subject. Their schema is made by ``migrations``.

Bodies of definitions are JSON of the Structs in ``runtime.definitions``. ``History`` and the hot tables of the
automation engine are written with hand-made statements; their classes stand here so that there is one list of all.
"""

from __future__ import annotations

from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table

from runtime.storage.meta.automations import (
    AutomationDay,
    AutomationDraft,
    AutomationPause,
    AutomationPulse,
    AutomationVersion,
    Delivery,
    DeliveryAttempt,
    Hook,
    HookCall,
    Meeting,
    Run,
    RunStep,
    Watch,
)
from runtime.storage.meta.definitions import (
    CatalogState,
    Connector,
    Counter,
    Definition,
    DefinitionChange,
    Setting,
)
from runtime.storage.meta.forms import Form, FormSubmission
from runtime.storage.meta.people import ApiToken, Invitation, Membership, Notice, Person, Session
from runtime.storage.meta.records import File, History, IdempotencyKey, Outbox
from runtime.storage.meta.stock import (
    StockArrival,
    StockBackorder,
    StockHold,
    StockMovement,
    StockRequest,
    StockRule,
)
from runtime.storage.meta.work import Conversion, Job, JobError, QueryUse, Refresh, StateCount, TableIndex

TABLES: tuple[type[Table], ...] = (
    Person, Session, ApiToken, Invitation, Membership, Notice,
    Definition, DefinitionChange, CatalogState, Connector, Setting, Counter,
    History, Outbox, File, IdempotencyKey,
    Run, RunStep, AutomationVersion, AutomationDraft, AutomationPause, AutomationPulse, AutomationDay,
    Delivery, DeliveryAttempt, Meeting, Watch, Hook, HookCall,
    Form, FormSubmission,
    StockMovement, StockHold, StockBackorder, StockArrival, StockRequest, StockRule,
    Job, JobError, Refresh, Conversion, StateCount, TableIndex, QueryUse,
)  # fmt: skip


def bind(engine: PostgresEngine) -> None:
    """Let every meta table use ``engine`` (one per process)."""
    for table in TABLES:
        table._meta._db = engine
