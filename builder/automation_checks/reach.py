"""What a step can refer to, as the checks go through an automation."""

from __future__ import annotations

from collections.abc import Mapping

from builder.validation import Problems
from runtime.catalog import App, Table
from runtime.definitions.automations import Step
from runtime.i18n import N_


class Reach:
    """The trigger record (None where there is none), records and lists that steps before made or found, and those steps."""

    def __init__(
        self,
        app: App,
        trigger: Table | None,
        connectors: Mapping[str, str],
        outputs: tuple[str, ...] = (),
    ) -> None:
        """``connectors``: kinds by public id; ``outputs``: keys that the trigger itself gives."""
        self.app = app
        self.connectors = connectors
        self.outputs = outputs
        self.output_types: Mapping[str, str] = {}
        self.gone: frozenset[str] = frozenset()  # records that are in the trash: to be read, not changed
        self.records: dict[str, Table | None] = {} if trigger is None else {"trigger": trigger}
        self.lists: dict[str, Table | None] = {}
        self.steps: dict[str, Step] = {}
        self.ids: set[str] = set()
        self.current = ""  # id of the step being checked

    def inner(self) -> Reach:
        """What a step inside a branch can refer to; what it makes stays inside."""
        copy = Reach(self.app, None, self.connectors, self.outputs)
        copy.output_types = self.output_types
        copy.records, copy.steps, copy.ids = dict(self.records), dict(self.steps), self.ids
        copy.lists, copy.gone = dict(self.lists), self.gone
        return copy

    def table(self, key: str) -> Table | None:
        """A table of the app by id or name."""
        return next((t for t in self.app.tables if key in (t.id, t.name)), None)


def reached(problems: Problems, of: str, reach: Reach) -> Table | None:
    """The table of the record that ``of`` names."""
    if of not in reach.records:
        problems.add("unknown_record", N_("这条记录在这一步还没有,选触发的记录,或前面步骤找到、新建的记录"))
    return reach.records.get(of)
