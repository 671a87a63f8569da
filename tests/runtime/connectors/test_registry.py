"""Every kind keeps the same contract, and the registry, its stand-ins and stored messages work for all."""

from __future__ import annotations

import json
import pkgutil
from pathlib import Path

import pytest
import structlog

import runtime.connectors
from runtime.connectors import (
    ConnectorKind,
    Connectors,
    OutgoingMessage,
    connector_kinds,
    from_row,
    to_row,
)
from runtime.connectors.answers import Pick
from runtime.connectors.base import Receipt
from runtime.connectors.http_api import HttpMessage
from runtime.connectors.http_webhook import JsonMessage
from runtime.connectors.local import ConsoleKind, NullKind
from runtime.connectors.smtp import EmailMessage
from runtime.connectors.wecom_messages import MarkdownMessage, TextMessage
from runtime.connectors.wecom_robot import WecomRobot
from runtime.errors import InvalidDefinition, InvalidInput, NotFound
from runtime.i18n import CHINESE
from runtime.outbound import OutboundClient
from runtime.settings import load_settings
from tests.standins.wecom import DEFAULT_KEY, WecomStandIn

SETTINGS = {
    "wecom_robot": {"webhook_url": DEFAULT_KEY},
    "smtp": {
        "host": "smtp.example.com",
        "user": "orders@example.com",
        "password": "s3cret-code",
        "from_address": "orders@example.com",
    },
    "http_api": {"base_url": "https://api.example.com/v1", "auth": "bearer", "token": "s3cret-token"},
    "http_webhook": {"url": "https://example.com/hooks/s3cret", "signing_secret": "s3cret-too"},
}
KINDS = connector_kinds()
by_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.id for kind in KINDS])


def test_kinds_are_unique_and_every_one_is_tested() -> None:
    assert [kind.id for kind in KINDS] == list(SETTINGS)


def test_every_file_that_defines_a_kind_is_registered() -> None:
    folder = Path(runtime.connectors.__file__).parent
    defining = {
        module.name
        for module in pkgutil.iter_modules([str(folder)])
        if "(ConnectorKind)" in (folder / f"{module.name}.py").read_text()
    }
    assert defining - {"local"} == {type(kind).__module__.rsplit(".", 1)[1] for kind in KINDS}


@by_kind
def test_a_kind_describes_itself_for_forms(kind: ConnectorKind) -> None:
    assert kind.name
    assert kind.description
    assert kind.icon
    assert kind.steps
    assert kind.messages
    names = [field.name for field in kind.fields]
    assert len(set(names)) == len(names)
    assert all(field.label for field in kind.fields)
    assert any(field.required for field in kind.fields)


@by_kind
def test_missing_settings_are_named_by_their_label(kind: ConnectorKind) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        kind.check({})
    required = {field.name: field.label for field in kind.fields if field.required and not field.only_with}
    assert {problem.path for problem in caught.value.problems} == set(required)
    for problem in caught.value.problems:
        assert required[str(problem.path)] in problem.message.text()


@by_kind
def test_checked_settings_are_stable_and_secrets_stay_secret(kind: ConnectorKind) -> None:
    checked = kind.check(SETTINGS[kind.id])
    assert kind.check(checked) == checked
    plain, secret = kind.split(checked)
    assert {**plain, **secret} == checked
    assert secret
    for value in secret.values():
        assert value not in kind.shown(checked)
        assert value not in json.dumps(plain)
        assert value not in (kind.pacing_key(checked) or "")
    assert (kind.pacing_key(checked) is None) == (kind.pacing is None)


@by_kind
def test_an_empty_secret_in_the_form_keeps_the_stored_one(kind: ConnectorKind) -> None:
    stored = kind.check(SETTINGS[kind.id])
    plain, secret = kind.split(stored)
    blank = {**plain, **dict.fromkeys(secret, "")}
    assert kind.check(kind.keep_secrets(blank, stored)) == stored


@by_kind
def test_the_test_message_is_one_the_kind_takes(kind: ConnectorKind) -> None:
    assert isinstance(kind.test_message(CHINESE), kind.messages)


@pytest.mark.parametrize(
    "message",
    [
        TextMessage(content="a", users=("li",)),
        MarkdownMessage(content="**a**"),
        JsonMessage(body={"a": [1, None, {"b": "c"}]}),
        EmailMessage(to="a@example.com", subject="s", text="t"),
        HttpMessage(method="POST", query=(("a", "b"),), body="{}", picks=(Pick("no", ("data", 0, "no")),)),
    ],
)
def test_messages_survive_being_stored(message: OutgoingMessage) -> None:
    assert from_row(json.loads(json.dumps(to_row(message)))) == message


async def test_the_registry_sends_through_the_configured_server(
    wecom: WecomStandIn, client: OutboundClient
) -> None:
    connectors = Connectors(client, wecom_base_url=wecom.base_url)
    settings = connectors.check("wecom_robot", {"webhook_url": wecom.webhook_url})
    assert settings["webhook_url"].startswith("https://qyapi.weixin.qq.com/")
    assert (await connectors.test("wecom_robot", settings)).errcode == 0
    await connectors.send("wecom_robot", settings, MarkdownMessage(content="**急**"), idempotency_key="k")
    assert [m.msgtype for m in wecom.messages] == ["text", "markdown"]
    assert "测试消息" in wecom.messages[0].content


async def test_unknown_kinds_and_foreign_messages_are_refused(client: OutboundClient) -> None:
    connectors = Connectors(client)
    with pytest.raises(NotFound):
        connectors.check("fax", {})
    with pytest.raises(InvalidInput, match="企业微信群机器人"):
        await connectors.send("wecom_robot", SETTINGS["wecom_robot"], JsonMessage(body={}))


async def test_the_null_variant_sends_nothing_but_checks_as_usual(
    wecom: WecomStandIn, client: OutboundClient
) -> None:
    connectors = Connectors(client, wecom_base_url=wecom.base_url, variant="null")
    assert [kind.id for kind in connectors.kinds] == [kind.id for kind in KINDS]
    for kind, real in zip(connectors.kinds, KINDS, strict=True):
        settings = kind.check(SETTINGS[kind.id])
        assert (kind.shown(settings), kind.fields, kind.pacing_key(settings)) == (
            real.shown(settings),
            real.fields,
            real.pacing_key(settings),
        )
        assert await connectors.test(kind.id, settings) == Receipt(0, "not sent", {})
        with pytest.raises(InvalidDefinition):
            kind.check({})
    assert wecom.connections == 0


def test_the_installation_chooses_variant_and_server(client: OutboundClient) -> None:
    chosen = load_settings(
        {"HUOBIAO_CONNECTORS": "NULL", "HUOBIAO_WECOM_BASE_URL": "http://wecom.test:8000/"}
    )
    robot, *_, webhook = Connectors.of(client, chosen).kinds
    assert isinstance(robot, NullKind)
    assert isinstance(robot.real, WecomRobot)
    assert robot.real.base_url == "http://wecom.test:8000"
    assert not isinstance(webhook, ConsoleKind)
    assert isinstance(Connectors.of(client, load_settings({})).kinds[0], WecomRobot)
    with pytest.raises(InvalidInput):
        load_settings({"HUOBIAO_CONNECTORS": "pigeon"})


async def test_the_console_variant_logs_what_it_would_send_but_no_secret(
    wecom: WecomStandIn, client: OutboundClient
) -> None:
    connectors = Connectors(client, wecom_base_url=wecom.base_url, variant="console")
    with structlog.testing.capture_logs() as logs:
        await connectors.send("wecom_robot", SETTINGS["wecom_robot"], TextMessage(content="缺货"))
    [entry] = logs
    assert (entry["event"], entry["to"]) == ("message_not_sent", "…key=693a****")
    assert entry["message"]["content"] == "缺货"
    assert DEFAULT_KEY not in str(entry)
    assert wecom.connections == 0
