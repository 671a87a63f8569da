"""Whether the test of a step or of an arm is sound."""

from __future__ import annotations

import msgspec

from builder.automation_checks.reach import Reach, reached
from builder.queries import check_filter
from builder.validation import Problems
from runtime.automations.steps import kind_of
from runtime.definitions import automations as defs
from runtime.i18n import N_


def check_test(problems: Problems, test: defs.Test, reach: Reach) -> defs.Test:
    if isinstance(test, defs.RecordMeets):
        table = reached(problems.at("of"), test.of, reach)
        if table is None:
            return test
        where = check_filter(problems.at("where"), table, test.where, viewed=False)
        if where is None:
            problems.at("where").add("no_condition", N_("加一个条件"))
            return test
        return msgspec.structs.replace(test, where=where)
    step = reach.steps.get(test.step)
    if step is None:
        problems.at("step").add("unknown_step", N_("选前面的一个步骤"))
    elif test.outcome not in {o.key for o in kind_of(step.config).outcomes}:
        problems.at("outcome").add(
            "unknown_outcome", N_("那个步骤没有「{outcome}」这种结果"), outcome=test.outcome[:40]
        )
    return test
