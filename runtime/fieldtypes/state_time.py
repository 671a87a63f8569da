"""Times of a state machine as fields: entered at, time in state, due at, late, time spent. Computed when they are read."""

from __future__ import annotations

from typing import Any

from runtime.definitions import fields as defs
from runtime.fieldtypes.base import Context, FieldType
from runtime.fieldtypes.checkbox import CheckboxType
from runtime.fieldtypes.computed import ComputedType
from runtime.fieldtypes.dates import DateTimeType
from runtime.fieldtypes.duration import DurationType
from runtime.i18n import N_

_MOMENT = (DateTimeType(), defs.DateTime(), "timestamptz")
_LENGTH = (DurationType(), defs.Duration(format="words"), "numeric")
_DELEGATES: dict[str, tuple[FieldType, Any, str]] = {
    "entered_at": _MOMENT,
    "due_at": _MOMENT,
    "time_in_state": _LENGTH,
    "time_spent": _LENGTH,
    "late": (CheckboxType(), defs.Checkbox(), "boolean"),
}
_RESULTS = {"entered_at": "datetime", "due_at": "datetime", "late": "boolean"}


class StateTimeType(ComputedType):
    """Since when, for how long, until when and whether too long; behaves as a moment, a duration or a check box."""

    name = "state_time"
    label = N_("状态时间")
    icon = "timer"
    description = N_("记录什么时候进的这个状态、待了多久、什么时候到期、是否超时")
    searchable = False

    def result(self, config: Any) -> str:
        return _RESULTS.get(config.shows, "number")

    def _delegate(self, config: Any) -> tuple[FieldType, Any, str]:
        return _DELEGATES[config.shows]

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if stored is None:
            return ""
        delegate, delegate_config, _ = self._delegate(config)
        return delegate.to_text(delegate_config, stored, context)
