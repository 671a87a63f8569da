"""``/fields/{field}/machine``: a state machine checked and measured before it is stored (with ``PATCH /fields``)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import post
from litestar.params import FromPath, QueryParameter
from litestar.status_codes import HTTP_200_OK

from builder import states
from builder.api.shapes import DefinitionBody, Json, problem_bodies
from builder.state_trial import Trial
from builder.states import MachineImpact, StateCount, TransitionCount
from builder.wire import complete
from runtime.api.common import ProblemBody, TheActor, TheSystem, TheTranslator
from runtime.i18n import Translator


class MoveBody(msgspec.Struct, frozen=True):
    """A move the tried record could make; ``reasons`` hold it back now, ``roles`` (in words, with the members) alone may make it."""

    target: int
    reasons: tuple[str, ...]
    roles: tuple[str, ...]


class TrialBody(msgspec.Struct, frozen=True):
    """The machine tried out on a record: its name, the state it is in (null: none yet), its moves."""

    name: str
    choice: int | None
    moves: tuple[MoveBody, ...]


class MachineCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: ``problems`` stop it from being stored, ``warnings`` do not. ``machine``: as it would be stored.

    ``states`` and ``transitions`` count the records there are now: in each state (``stuck``: no way leads out of it),
    and at each transition those that its conditions hold back.
    """

    machine: Json | None
    problems: tuple[ProblemBody, ...]
    warnings: tuple[ProblemBody, ...]
    states: tuple[StateCount, ...]
    transitions: tuple[TransitionCount, ...]
    trial: TrialBody | None = None


@post("/fields/{field:str}/machine/check", status_code=HTTP_200_OK)
async def check_machine(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    field: FromPath[str],
    data: DefinitionBody,
    record: Annotated[str | None, QueryParameter(description="Also try it out on this record")] = None,
) -> MachineCheck:
    """Check a state machine for a single select and count what it would mean. Changes nothing.

    The body is the machine, ``{initial, transitions, states}``; choices by number or name.
    """
    found = await states.examine(system, actor, field, data, record=record)
    impact = found.impact or MachineImpact((), ())
    return MachineCheck(
        machine=None if found.machine is None else complete(found.machine),
        problems=problem_bodies(found.problems, translator),
        warnings=problem_bodies(found.warnings, translator),
        states=impact.states,
        transitions=impact.transitions,
        trial=None if found.trial is None else _trial_body(found.trial, translator),
    )


def _trial_body(trial: Trial, translator: Translator) -> TrialBody:
    return TrialBody(
        trial.name,
        trial.choice,
        tuple(
            MoveBody(
                move.target,
                tuple(reason.text(translator) for reason in move.reasons),
                tuple(one if isinstance(one, str) else one.text(translator) for one in move.who),
            )
            for move in trial.moves
        ),
    )


ROUTES = (check_machine,)
