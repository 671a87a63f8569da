"""``/fields/{field}/machine``: a state machine checked and measured before it is stored (with ``PATCH /fields``)."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from builder import states
from builder.api.shapes import DefinitionBody, Json, problem_bodies
from builder.states import MachineImpact, StateCount, TransitionCount
from builder.wire import complete
from runtime.api.common import ProblemBody, TheActor, TheSystem, TheTranslator


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


@post("/fields/{field:str}/machine/check", status_code=HTTP_200_OK)
async def check_machine(
    system: TheSystem, actor: TheActor, translator: TheTranslator, field: FromPath[str], data: DefinitionBody
) -> MachineCheck:
    """Check a state machine for a single select and count what it would mean. Changes nothing.

    The body is the machine, ``{initial, transitions, states}``; choices by number or name.
    """
    found = await states.examine(system, actor, field, data)
    impact = found.impact or MachineImpact((), ())
    return MachineCheck(
        machine=None if found.machine is None else complete(found.machine),
        problems=problem_bodies(found.problems, translator),
        warnings=problem_bodies(found.warnings, translator),
        states=impact.states,
        transitions=impact.transitions,
    )


ROUTES = (check_machine,)
