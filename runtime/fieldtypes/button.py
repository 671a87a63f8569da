"""Buttons: a field that holds nothing; pressing it runs an automation for the record (:mod:`runtime.records.buttons`)."""

from __future__ import annotations

from typing import Any

from runtime.fieldtypes.base import BadValue, Context, FieldType
from runtime.i18n import N_


class ButtonType(FieldType):
    """On the wire whether it is shown on the record; in the history what stood on it when it was pressed."""

    name = "button"
    label = N_("按钮")
    icon = "square-mouse-pointer"
    description = N_("按一下,就为这条记录运行一个自动化")
    readonly = True
    aggregates = ()
    sortable = False
    groupable = False

    def sql_type(self, config: Any) -> None:
        return None

    def parse(self, config: Any, value: Any, context: Context) -> Any:
        raise BadValue(N_("按钮不存内容,不能填写"))

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return stored if isinstance(stored, str) else ""

    def from_history(self, config: Any, value: Any) -> Any:
        return value

    def formula_type(self, config: Any) -> None:
        return None
