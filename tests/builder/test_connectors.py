"""Connectors: checked by their kind, secrets sealed and never shown, tested against a robot's server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from builder import automations, connectors
from builder.validation import Problems
from runtime.access import Actor
from runtime.definitions.tables import AppDef
from runtime.errors import InvalidDefinition, NotAllowed, NotFound, OutsideFailed, RuleBroken
from runtime.i18n import CHINESE
from runtime.settings import Settings
from runtime.system import System
from tests.builder.conftest import Desk, spec
from tests.standins.wecom import DEFAULT_KEY, WecomStandIn
from ui.bootstrap import build


@pytest.fixture
def wecom() -> Iterator[WecomStandIn]:
    with WecomStandIn() as server:
        yield server


@pytest.fixture
async def system(settings: Settings, wecom: WecomStandIn) -> AsyncIterator[System]:
    """A system whose WeCom is the stand-in."""
    found = build(msgspec.structs.replace(settings, wecom_base_url=wecom.base_url))
    await found.start()
    yield found
    await found.stop()


async def robot(desk: Desk, key: str = DEFAULT_KEY, name: str = "仓库群") -> connectors.ConnectorInfo:
    return await connectors.create(
        desk.system, desk.owner, desk.app_id, kind="wecom_robot", name=name, settings={"webhook_url": key}
    )


async def test_secrets_are_sealed_and_never_come_out(desk: Desk) -> None:
    made = await robot(desk)
    assert made.filled
    assert DEFAULT_KEY not in repr(made)
    row = await desk.system.db.row("SELECT * FROM meta.connector")
    assert row is not None
    assert DEFAULT_KEY not in repr(dict(row))
    (listed,) = await connectors.list_of(desk.system, desk.owner, desk.app_id)
    assert listed == made


async def test_settings_that_cannot_be_used_are_told_by_name(desk: Desk) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await connectors.create(
            desk.system, desk.owner, desk.app_id, kind="wecom_robot", name="群", settings={}
        )
    assert [p.path for p in raised.value.problems] == ["webhook_url"]
    with pytest.raises(NotFound):
        await connectors.create(desk.system, desk.owner, desk.app_id, kind="pigeon", name="群", settings={})
    with pytest.raises(InvalidDefinition):
        await robot(desk, name="\x00")


async def test_an_empty_secret_keeps_the_stored_one(desk: Desk, wecom: WecomStandIn) -> None:
    made = await robot(desk)
    changed = await connectors.update(
        desk.system, desk.owner, made.id, name="客服群", settings={"webhook_url": ""}
    )
    assert (changed.name, changed.shown) == ("客服群", made.shown)
    tested = await connectors.test(desk.system, desk.owner, made.id, CHINESE)
    assert tested.status == "ok"
    assert len(wecom.messages) == 1


async def test_a_refused_test_message_is_remembered(desk: Desk) -> None:
    made = await robot(desk, key="00000000-dead-dead-dead-000000000000")
    with pytest.raises(OutsideFailed):
        await connectors.test(desk.system, desk.owner, made.id, CHINESE)
    found = await connectors.get(desk.system, desk.owner, made.id)
    assert found.status == "failed"
    assert found.message is not None


async def test_a_placeholder_waits_for_its_settings(desk: Desk) -> None:
    placeholder = await connectors.create_placeholder(
        desk.system, desk.owner, desk.app_id, kind="wecom_robot", name="群"
    )
    found = await connectors.get(desk.system, desk.owner, placeholder)
    assert (found.status, found.filled) == ("needs_settings", ())
    with pytest.raises(RuleBroken):
        await connectors.test(desk.system, desk.owner, placeholder, CHINESE)
    await connectors.update(desk.system, desk.owner, placeholder, settings={"webhook_url": DEFAULT_KEY})
    assert (await connectors.test(desk.system, desk.owner, placeholder, CHINESE)).status == "ok"


async def test_a_connector_in_use_stays(desk: Desk) -> None:
    await desk.table("订单", spec("单号"))
    made = await robot(desk)
    step = {
        "config": {"kind": "send_wecom", "connector": made.id, "text": {"kind": "text", "parts": ["新订单"]}}
    }
    given = {
        "name": "播报",
        "enabled": True,
        "trigger": {"kind": "record_created", "table": "订单"},
        "steps": [step],
    }
    read = automations.read_definition(Problems(), given)
    automation = await automations.create(desk.system, desk.owner, desk.app_id, read)
    with pytest.raises(RuleBroken) as raised:
        await connectors.delete(desk.system, desk.owner, made.id)
    assert [p.message.text() for p in raised.value.problems] == ["自动化「播报」"]
    await automations.delete(desk.system, desk.owner, automation.id)
    await connectors.delete(desk.system, desk.owner, made.id)
    assert await desk.system.db.value("SELECT secrets FROM meta.connector") == ""
    with pytest.raises(NotFound):
        await connectors.get(desk.system, desk.owner, made.id)


async def test_editors_do_not_see_connectors(desk: Desk) -> None:
    made = await robot(desk)
    editor = Actor(kind="person", id="usrE", name="小雨", roles={desk.app_id: "editor"})
    with pytest.raises(NotAllowed):
        await connectors.list_of(desk.system, editor, desk.app_id)
    with pytest.raises(NotFound):
        await connectors.get(desk.system, Actor(kind="person", id="usrX", name="路人"), made.id)
    assert AppDef


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("Authorization", "Bearer abc", True),
        ("X-Api-Key", "abc", True),
        ("x-app-secret", "abc", True),
        ("X-Access-Token", {"kind": "text", "parts": ["tok-", {"kind": "field", "field": "标题"}]}, True),
        ("X-Access-Token", {"kind": "field", "field": "标题"}, False),
        ("X-Shop", "abc", False),
        ("X-Tokens-Left", "3", False),
    ],
)
async def test_credentials_are_not_written_into_steps(
    desk: Desk, name: str, value: Any, refused: bool
) -> None:
    """Everybody in the app reads its automations and their runs; secrets belong into connectors."""
    await desk.table("任务", spec("标题"))
    connector = await connectors.create(
        desk.system,
        desk.owner,
        desk.app_id,
        kind="http_api",
        name="接口",
        settings={"base_url": "https://api.example.com"},
    )
    given = value if isinstance(value, dict) else {"kind": "literal", "value": value}
    step = {"kind": "http_request", "connector": connector.id, "headers": [{"name": name, "value": given}]}
    body = {
        "name": "调用", "trigger": {"kind": "record_created", "table": "任务"}, "steps": [{"config": step}],
        "enabled": True,
    }  # fmt: skip
    definition = automations.read_definition(Problems(), body)
    if not refused:
        await automations.create(desk.system, desk.owner, desk.app_id, definition)
        return
    with pytest.raises(InvalidDefinition) as raised:
        await automations.create(desk.system, desk.owner, desk.app_id, definition)
    found = {(problem.path, problem.code) for problem in raised.value.problems}
    assert found == {("steps.0.config.headers.0.value", "credential_in_step")}


async def test_who_may_not_call_inside_is_told_whom_to_ask_and_the_administrator_the_setting(
    desk: Desk,
) -> None:
    made = await connectors.create(
        desk.system, desk.owner, desk.app_id, kind="http_webhook", name="仓库系统",
        settings={"url": "http://127.0.0.1:9/hook"},
    )  # fmt: skip
    with pytest.raises(NotAllowed) as raised:
        await connectors.test(desk.system, desk.owner, made.id, CHINESE)
    assert "请活表的管理员允许访问内网" in raised.value.message.text()
    assert "HUOBIAO" not in raised.value.message.text()
    builder = Actor(
        kind="person", id="usrBuilderBuilder", name="搭建的人", person=None, roles={desk.app_id: "builder"}
    )
    (seen,) = await connectors.list_of(desk.system, builder, desk.app_id)
    assert seen.message is not None
    assert seen.message.text() == (
        "不能访问 127.0.0.1:它指向运行活表的这台机器。要连的确实是自己的系统的话,请活表的管理员允许访问内网"
    )
    (seen,) = await connectors.list_of(desk.system, desk.owner, desk.app_id)
    assert seen.message is not None
    assert "HUOBIAO_ALLOW_PRIVATE_OUTBOUND=1" in seen.message.text()
