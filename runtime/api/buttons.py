"""Pressing the buttons of a record, and what became of it."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED

from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.automations.notes import load_failure
from runtime.i18n import Translator
from runtime.records import buttons
from runtime.records.change import Source


class PressBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``source``: ``ui`` when a person's page sends it."""

    source: str | None = None


class PressedBody(msgspec.Struct, frozen=True):
    """A press (its number asks for its state again). ``state``: waiting, running, finished, failed, or nothing when no
    run came of it. ``message``: why it failed. ``run``: its run, once there is one."""

    press: int
    state: str
    run: str | None
    message: str | None


def _body(pressed: buttons.Pressed, translator: Translator) -> PressedBody:
    failure = load_failure(pressed.error)
    message = None
    if failure is not None:
        reasons = [problem.message.text(translator) for problem in failure.problems[:3]]
        message = "; ".join(reasons) or failure.message.text(translator)
    return PressedBody(pressed.press, pressed.state, pressed.run, message)


@post("/records/{record:str}/buttons/{field:str}", status_code=HTTP_202_ACCEPTED)
async def press_button(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    record: FromPath[str],
    field: FromPath[str],
    data: JSONBody[PressBody],
) -> PressedBody:
    """Press a button (by id or name): its automation starts for the record. Refused while it is still running."""
    source = Source("ui" if data.source == "ui" else "api")
    return _body(await buttons.press(system, actor, record, field, source), translator)


@get("/records/{record:str}/buttons/{field:str}")
async def read_press(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    record: FromPath[str],
    field: FromPath[str],
    press: FromQuery[int],
) -> PressedBody:
    """What became of the press with this number."""
    return _body(await buttons.state_of(system, actor, record, field, press), translator)


ROUTES = (press_button, read_press)
