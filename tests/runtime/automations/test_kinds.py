"""Every kind of step is listed and described; values go over as they should; waits grow as promised."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, get_args

import asyncpg
import pytest

from runtime.automations import steps
from runtime.automations.retry import JITTER, WAITS_SECONDS, is_passing, wait_seconds
from runtime.automations.steps.base import StepKind
from runtime.definitions.automations import CreateRecord, RecordCreated, StepConfig, UpdateRecord
from runtime.definitions.values import Assignment, FieldValue, Literal_, Now, RecordUrl, TextValue
from runtime.errors import InvalidInput, OutsideFailed, ServiceUnavailable
from tests.support.shop import Shop


def test_every_file_of_kinds_is_listed_and_every_configuration_has_a_kind() -> None:
    found: set[type] = set()
    for module in pkgutil.iter_modules(steps.__path__):
        loaded = importlib.import_module(f"{steps.__name__}.{module.name}")
        found |= {
            value for value in vars(loaded).values()
            if isinstance(value, type) and issubclass(value, StepKind) and value is not StepKind
        }  # fmt: skip
    assert found == {type(kind) for kind in steps.KINDS}
    tags = {str(config.__struct_config__.tag) for config in get_args(StepConfig)}
    assert tags == {kind.id for kind in steps.KINDS}


@pytest.mark.parametrize("kind", steps.KINDS, ids=lambda kind: kind.id)
def test_a_kind_is_described(kind: StepKind) -> None:
    assert kind.name
    assert kind.description
    assert kind.icon
    keys = [named.key for named in (*kind.outcomes, *kind.outputs)]
    assert len(keys) == len(set(keys))


def test_waits_grow_and_never_undercut_what_was_asked_for() -> None:
    for tries, base in enumerate(WAITS_SECONDS, 1):
        assert base * (1 - JITTER) <= wait_seconds(tries) <= base * (1 + JITTER)
    assert wait_seconds(99) >= WAITS_SECONDS[-1] * (1 - JITTER)
    assert wait_seconds(1, OutsideFailed(retry_after_seconds=60)) >= 60


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (OutsideFailed(), True),
        (OutsideFailed(retryable=False), False),
        (asyncpg.SerializationError(), True),
        (asyncpg.DeadlockDetectedError(), True),
        (asyncpg.UniqueViolationError(), False),
        (ConnectionRefusedError(), True),
        (ServiceUnavailable("x", code="wrong_key"), False),
        (InvalidInput("x"), False),
        (KeyError("x"), False),
    ],
)
def test_only_what_can_pass_is_tried_again(error: BaseException, passing: bool) -> None:
    assert is_passing(error) is passing


async def _made(shop: Shop, set_: tuple[Assignment, ...]) -> dict[str, Any]:
    """What a line looks like that an automation makes of these values."""
    await shop.automation(RecordCreated(shop.orders.id), CreateRecord(shop.lines.id, set_))
    await shop.order(订单号="A1", 实付金额=12, 备注="急单", 异常=True)
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    row = await shop.world.system.db.row(f"SELECT * FROM {shop.lines.sql}")
    return {field.name: row[field.column] for field in shop.lines.fields if field.stored}


async def test_values_go_into_fields_of_other_types_as_they_are_read(shop: Shop) -> None:
    name, quantity = shop.lines.field("名称").id, shop.lines.field("数量").id
    text = TextValue(
        ("单 ", shop.value("订单号"), " 状态 ", shop.value("订单状态"), " 付 ", shop.value("实付金额"),
         " 异常 ", shop.value("异常"), " 见 ", RecordUrl())
    )  # fmt: skip
    made = await _made(shop, (Assignment(name, text), Assignment(quantity, shop.value("实付金额"))))
    assert made["名称"].startswith("单 A1 状态 已支付 付 ¥12.00 异常 是 见 https://huobiao.example/t/tbl")
    assert made["数量"] == 12


@pytest.mark.parametrize(
    ("value", "expected"),
    [(Literal_("固定"), "固定"), (FieldValue("$id"), "A1"), (Literal_(None), None), (TextValue(()), None)],
)
async def test_a_text_field_takes_any_value(shop: Shop, value: Any, expected: str | None) -> None:
    made = await _made(shop, (Assignment(shop.lines.field("名称").id, value),))
    assert made["名称"] == expected


async def test_the_moment_reads_in_the_apps_own_time(shop: Shop) -> None:
    made = await _made(shop, (Assignment(shop.lines.field("名称").id, TextValue(("于 ", Now()))),))
    now = await shop.world.system.db.value(
        "SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:')"
    )
    assert made["名称"].startswith(f"于 {now}")


async def test_a_field_is_cleared_by_an_empty_value(shop: Shop) -> None:
    await shop.automation(
        RecordCreated(shop.orders.id),
        UpdateRecord(shop.sets(备注=TextValue((shop.value("异常原因"),)))),
    )
    order = await shop.order(备注="旧")
    await shop.settle()
    assert (await shop.read(order))["备注"] is None
