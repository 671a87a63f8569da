"""The robot client against a server that behaves as WeCom's: addresses, sending, and every way it can fail."""

from __future__ import annotations

import pytest

from runtime.connectors.wecom_messages import MarkdownMessage, TextMessage
from runtime.connectors.wecom_robot import OFFICIAL_BASE_URL, RobotAddress, send
from runtime.errors import InvalidInput, NotAllowed, OutsideFailed
from runtime.outbound import OutboundClient
from tests.standins.wecom import DEFAULT_KEY, WecomStandIn

ADDRESS = RobotAddress(DEFAULT_KEY)
HELLO = TextMessage(content="订单 A-100 缺货", users=("zhangsan",), mobiles=("13800138000",))
OFFICIAL = f"{OFFICIAL_BASE_URL}/cgi-bin/webhook/send?key={DEFAULT_KEY}"


async def failure(
    client: OutboundClient, wecom: WecomStandIn, message: TextMessage | MarkdownMessage = HELLO
) -> OutsideFailed:
    """The error of sending ``message``."""
    with pytest.raises(OutsideFailed) as caught:
        await send(client, ADDRESS, message, base_url=wecom.base_url)
    return caught.value


# -- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        OFFICIAL,
        f"  {OFFICIAL}\n",
        OFFICIAL.replace("https", "http"),
        OFFICIAL.removeprefix("https://"),
        OFFICIAL + "&debug=1",
        f"Webhook地址:{OFFICIAL}",
        f'curl "{OFFICIAL}" -X POST',
        DEFAULT_KEY,
        f"key={DEFAULT_KEY}",
        "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa",
    ],
)
def test_what_people_paste_is_understood(pasted: str) -> None:
    assert RobotAddress.parse(pasted).key in {DEFAULT_KEY, "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"}


def test_the_configured_server_is_understood_besides_the_official_one() -> None:
    own = "http://127.0.0.1:9000/wx"
    url = f"{own}/cgi-bin/webhook/send?key={DEFAULT_KEY}"
    assert RobotAddress.parse(url, own).key == DEFAULT_KEY
    assert RobotAddress.parse(OFFICIAL, own).key == DEFAULT_KEY
    with pytest.raises(InvalidInput):
        RobotAddress.parse(url)


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "这不是企业微信群机器人的地址"),
        ("短", "这不是企业微信群机器人的地址"),
        ("https://example.com/cgi-bin/webhook/send?key=" + DEFAULT_KEY, "这不是企业微信群机器人的地址"),
        ("https://qyapi.weixin.qq.com.evil.com/cgi-bin/webhook/send?key=" + DEFAULT_KEY, "这不是企业微信"),
        ("https://qyapi.weixin.qq.com@evil.com/cgi-bin/webhook/send?key=" + DEFAULT_KEY, "这不是企业微信"),
        (
            "https://qyapi.weixin.qq.com/cgi-bin/message/send?key=" + DEFAULT_KEY,
            "这不是企业微信群机器人的地址",
        ),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "key 不完整"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a", "key 不完整"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a b c d e f g h", "key 不完整"),
        ("https://oapi.dingtalk.com/robot/send?access_token=abc", "这是钉钉机器人的地址"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/abc", "这是飞书机器人的地址"),
        ("https://[", "这不是企业微信群机器人的地址"),
    ],
)
def test_other_addresses_are_refused_with_what_is_wrong(pasted: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        RobotAddress.parse(pasted)
    assert DEFAULT_KEY not in str(caught.value)


def test_an_address_is_shown_without_its_key() -> None:
    assert ADDRESS.masked == "…key=693a****"
    assert repr(ADDRESS) == str(ADDRESS) == "RobotAddress(…key=693a****)"
    assert DEFAULT_KEY not in f"{[ADDRESS]} {ADDRESS.fingerprint}"
    assert ADDRESS.fingerprint == RobotAddress.parse(OFFICIAL).fingerprint


# -- sending --------------------------------------------------------------------------------------------------------


async def test_a_text_arrives_with_its_mentions(wecom: WecomStandIn, client: OutboundClient) -> None:
    receipt = await send(client, ADDRESS, HELLO, base_url=wecom.base_url)
    assert (receipt.errcode, receipt.errmsg, receipt.raw) == (0, "ok", {"errcode": 0, "errmsg": "ok"})
    [message] = wecom.messages
    assert (message.msgtype, message.content) == ("text", "订单 A-100 缺货")
    assert (message.users, message.mobiles) == (["zhangsan"], ["13800138000"])


async def test_markdown_arrives_at_its_full_size(wecom: WecomStandIn, client: OutboundClient) -> None:
    content = "字" * 1365 + "x"
    await send(client, ADDRESS, MarkdownMessage(content=content), base_url=wecom.base_url)
    assert wecom.messages[0].content == content


@pytest.mark.parametrize("content", ["", " \n", "字" * 683])
async def test_what_the_robot_would_refuse_is_not_even_sent(
    wecom: WecomStandIn, client: OutboundClient, content: str
) -> None:
    with pytest.raises(InvalidInput):
        await send(client, ADDRESS, TextMessage(content=content), base_url=wecom.base_url)
    assert wecom.connections == 0


async def test_the_server_must_be_allowed(wecom: WecomStandIn) -> None:
    with pytest.raises(NotAllowed):
        await send(OutboundClient(), ADDRESS, HELLO, base_url=wecom.base_url)


# -- failures -------------------------------------------------------------------------------------------------------


async def test_the_twenty_first_message_of_a_minute_is_to_be_sent_later(
    wecom: WecomStandIn, client: OutboundClient
) -> None:
    for _ in range(20):
        await send(client, ADDRESS, HELLO, base_url=wecom.base_url)
    error = await failure(client, wecom)
    assert (error.error_code, error.retryable, error.retry_after_seconds) == ("wecom_rate_limited", True, 60)
    assert not error.outcome_unknown
    assert error.message.params["errcode"] == 45009


async def test_an_unknown_robot_is_gone_for_good(wecom: WecomStandIn, client: OutboundClient) -> None:
    wecom.keys.clear()
    error = await failure(client, wecom)
    assert (error.error_code, error.retryable, error.outcome_unknown) == ("wecom_robot_gone", False, False)
    assert "找不到这个机器人" in str(error)


async def test_the_code_of_a_gone_robot_about_the_content_does_not_condemn_the_robot(
    wecom: WecomStandIn, client: OutboundClient
) -> None:
    wecom.fail(93000, "Invalid input : content exceed max length. invalid Request Parameter")
    error = await failure(client, wecom)
    assert (error.error_code, error.retryable) == ("wecom_message_refused", False)


@pytest.mark.parametrize("errcode", [40008, 40058, 44004])
async def test_a_refused_message_is_refused_for_good(
    wecom: WecomStandIn, client: OutboundClient, errcode: int
) -> None:
    wecom.fail(errcode, "invalid parameter")
    error = await failure(client, wecom)
    assert (error.error_code, error.retryable) == ("wecom_message_refused", False)
    assert f"{errcode}:invalid parameter" in str(error)


@pytest.mark.parametrize(("errcode", "retryable"), [(-1, True), (45033, True), (60020, False)])
async def test_other_codes_are_retried_only_where_wecom_says_so(
    wecom: WecomStandIn, client: OutboundClient, errcode: int, retryable: bool
) -> None:
    wecom.fail(errcode)
    error = await failure(client, wecom)
    assert error.retryable is retryable
    await send(client, ADDRESS, HELLO, base_url=wecom.base_url)


@pytest.mark.parametrize(
    ("status", "retryable", "unknown"),
    [(502, True, True), (504, True, True), (503, True, False), (404, False, False)],
)
async def test_a_page_instead_of_an_answer(
    wecom: WecomStandIn, client: OutboundClient, status: int, retryable: bool, unknown: bool
) -> None:
    wecom.answer_http(status)
    error = await failure(client, wecom)
    assert (error.retryable, error.outcome_unknown) == (retryable, unknown)
    assert error.message.params["status"] == status


@pytest.mark.parametrize("body", ["<html>login</html>", "[]", "{}", '{"errcode":"x"}', "null"])
async def test_an_answer_nobody_understands_leaves_the_outcome_unknown(
    wecom: WecomStandIn, client: OutboundClient, body: str
) -> None:
    wecom.answer_http(200, body)
    error = await failure(client, wecom)
    assert (error.error_code, error.retryable, error.outcome_unknown) == ("wecom_unreadable", True, True)


async def test_an_errcode_counts_whatever_the_status_is(wecom: WecomStandIn, client: OutboundClient) -> None:
    wecom.answer_http(403, '{"errcode":93000,"errmsg":"invalid webhook url, hint: [1]"}')
    assert (await failure(client, wecom)).error_code == "wecom_robot_gone"


async def test_no_answer_leaves_the_outcome_unknown_though_the_message_arrived(wecom: WecomStandIn) -> None:
    client = OutboundClient(allowed=[wecom.base_url], timeout_seconds=1.5)
    wecom.hang(accept=True)
    error = await failure(client, wecom)
    assert (error.error_code, error.retryable, error.outcome_unknown) == ("timed_out", True, True)
    assert len(wecom.messages) == 1


async def test_a_dropped_connection_leaves_the_outcome_unknown(
    wecom: WecomStandIn, client: OutboundClient
) -> None:
    wecom.drop(accept=True)
    error = await failure(client, wecom)
    assert (error.retryable, error.outcome_unknown) == (True, True)
    assert len(wecom.messages) == 1


async def test_a_slow_answer_in_time_is_an_answer(wecom: WecomStandIn, client: OutboundClient) -> None:
    wecom.delay(0.2)
    assert (await send(client, ADDRESS, HELLO, base_url=wecom.base_url)).errcode == 0


async def test_no_error_gives_the_key_away(wecom: WecomStandIn, client: OutboundClient) -> None:
    wecom.answer_http(502)
    wecom.answer_http(404)
    wecom.drop()
    wecom.fail(93000)
    for _ in range(4):
        error = await failure(client, wecom)
        assert DEFAULT_KEY not in f"{error} {error.message.params}"
