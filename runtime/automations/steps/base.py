"""What every kind of step can do. One file per kind; :mod:`runtime.automations.steps` lists them all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

import msgspec

from runtime.access import Actor
from runtime.automations.reach import Reach
from runtime.automations.runs import Run
from runtime.automations.values import Values
from runtime.catalog import App, Catalog, Table
from runtime.definitions.automations import Step
from runtime.errors import NotFound
from runtime.fieldtypes import Context
from runtime.records.change import Source
from runtime.storage.database import Tx
from runtime.system import System


@dataclass
class Attempt:
    """One try at a step, inside its transaction.

    ``input`` is what the step worked with, in readable form; it is kept when the try fails. ``rehearsal``: nothing of
    this will last, and nothing may leave the house. ``kept``: the output of its :class:`Rest`, when the step has rested
    before; None at first.
    """

    system: System
    tx: Tx
    catalog: Catalog
    app: App
    run: Run
    step: Step
    path: str
    actor: Actor
    source: Source
    reach: Reach
    context: Context
    rehearsal: bool = False
    kept: dict[str, Any] | None = None
    input: dict[str, Any] = field(default_factory=dict)

    def table(self, key: str) -> Table:
        """A table of the run's own app. Raises NotFound: definitions may name others while they are switched off."""
        table = self.catalog.table(key)
        if table.app_id != self.app.id:
            raise NotFound()
        return table

    @property
    def values(self) -> Values:
        """Renders the values of this step."""
        return Values(
            self.reach, self.context, self.system.settings.base_url, self.run.trigger, self.app.people
        )


Outcomes = Callable[[str], str | None]
"""How the step with this id ended; None when it was not carried out."""


class Done(msgspec.Struct, frozen=True):
    """How a step ended: an ``outcome`` that later steps can ask for, and named outputs."""

    outcome: str | None = None
    output: dict[str, Any] = {}


Why = Literal["time", "condition", "run", "answer"]
"""What a resting step waits for."""


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """The step is not over. It is asked again at ``until`` (None: only when ``runs.wake`` is called for its run), or
    sooner when the record ``watch`` (its public id) changes.

    ``output`` is kept for the next time (:attr:`Attempt.kept`). Whoever stores the step's row as ``done`` meanwhile, with
    its output, and wakes the run, has ended the step: so the answer of a message becomes a step's result.
    """

    why: Why
    until: datetime | None = None
    output: dict[str, Any] = {}
    watch: str | None = None


class Named(msgspec.Struct, frozen=True):
    """An outcome or output as a picker shows it; ``label`` is a msgid, ``type`` what an output is for formulas."""

    key: str
    label: str
    type: Literal["text", "number"] = "text"


class Into(msgspec.Struct, frozen=True):
    """Steps to be carried out next, before those after this one; ``name`` is their part of the path."""

    name: str
    steps: tuple[Step, ...]


class End(msgspec.Struct, frozen=True):
    """The run ends here, finished."""


Way = Into | End | None
"""Where a run goes after a step: into an arm, to its end, or (None) on."""


class StepKind(ABC):
    """A kind of step. Texts are msgids, ``icon`` a Lucide name."""

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    icon: ClassVar[str]
    outcomes: ClassVar[tuple[Named, ...]] = ()
    outputs: ClassVar[tuple[Named, ...]] = ()
    makes_record: ClassVar[bool] = False
    joins: ClassVar[bool] = True
    """Whether it may share a transaction with the steps before it; not one whose purpose is to fail."""

    looks_anew: ClassVar[bool] = False
    """Whether what steps before it have read of records a moment ago is too old for it, as it may rest because of it."""

    together: ClassVar[bool] = False
    """Whether several runs may carry it out in one transaction: it is quick, never rests, and touches only what its
    configuration names."""

    async def carry_out_all(self, attempts: Sequence[Attempt], config: Any) -> list[Done]:
        """:meth:`carry_out` for several runs in their one transaction; raises when any of them cannot. Only where
        :attr:`together`; kinds that can ask for all at once do."""
        found = []
        for attempt in attempts:
            done = await self.carry_out(attempt, config)
            assert isinstance(done, Done)  # noqa: S101 - such a kind never rests
            found.append(done)
        return found

    @abstractmethod
    async def carry_out(self, attempt: Attempt, config: Any) -> Done | Rest:
        """Do it, within ``attempt.tx``. Raises; everything is then undone, and tried again if that can help."""

    def foregone(self, config: Any, outcome: Outcomes, said: dict[str, Any]) -> Done | None:
        """How the step ends where that follows from how earlier ones ended; None where it has to be carried out.

        ``said``: what it worked with is written there, as :attr:`Attempt.input` has it. Only for steps without effects.
        """
        return None

    def outputs_of(self, config: Any) -> tuple[Named, ...]:
        """The outputs of one such step, where they depend on how it is filled in."""
        return self.outputs

    def way(self, config: Any, outcome: str | None) -> Way:
        """Where the run goes after ``outcome``; the same whenever it is asked, so that a run can be taken up again."""
        return None
