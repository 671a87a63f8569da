"""``/conversions/{job}``: a field that is being given another type in the background."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from builder import conversions
from runtime.access import Actor, Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.automations.notes import load_message
from runtime.errors import NotFound
from runtime.i18n import Translator
from runtime.storage.database import Row
from runtime.system import System
from runtime.worker import jobs


class ConversionBody(msgspec.Struct, frozen=True):
    """A conversion: ``queued running finished cancelled failed``, records done of about so many, how it ended."""

    id: str
    field: str
    table: str
    status: str
    done: int
    total: int | None
    message: str | None


async def _row(system: System, actor: Actor, job: str) -> Row:
    row = await system.db.row(
        "SELECT * FROM meta.job WHERE public_id = $1 AND kind = $2", job, conversions.KIND
    )
    if row is None:
        raise NotFound()
    catalog = await system.catalogs.current()
    app = next((one for one in catalog.apps if one.number == row["app_id"]), None)
    if app is None:
        raise NotFound()
    require(actor, Operation.BUILD, app.id)
    return row


def _body(row: Row, translator: Translator) -> ConversionBody:
    plan = msgspec.json.decode(row["config"], type=conversions.Plan)
    message = row["message"]
    return ConversionBody(
        row["public_id"],
        plan.field,
        plan.table,
        row["status"],
        row["done"],
        row["total"],
        load_message(msgspec.json.decode(message)).text(translator) if message else None,
    )


@get("/conversions/{job:str}")
async def read_conversion(
    system: TheSystem, actor: TheActor, translator: TheTranslator, job: FromPath[str]
) -> ConversionBody:
    """How far a conversion is, or how it ended."""
    return _body(await _row(system, actor, job), translator)


@post("/conversions/{job:str}/cancel", status_code=HTTP_200_OK)
async def cancel_conversion(
    system: TheSystem, actor: TheActor, translator: TheTranslator, job: FromPath[str]
) -> ConversionBody:
    """Stop a conversion; the field stays as it was."""
    await _row(system, actor, job)
    await jobs.cancel(system, job)
    await conversions.tidy(system)
    return _body(await _row(system, actor, job), translator)


ROUTES = (read_conversion, cancel_conversion)
