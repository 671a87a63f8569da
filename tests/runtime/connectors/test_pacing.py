"""Pacing: the window is never overrun, nothing is lost, order is kept, and bursts become few messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.connectors.base import PacingRule
from runtime.connectors.pacing import (
    SEPARATOR,
    WECOM_ROBOT_RULE,
    Batch,
    SendNow,
    Waiting,
    WaitUntil,
    merge,
    plan,
)
from runtime.connectors.wecom_messages import (
    EVERYBODY,
    MarkdownMessage,
    RobotMessage,
    TextMessage,
    as_markdown,
    check_message,
)
from runtime.connectors.wecom_robot import RobotAddress, send
from runtime.i18n import Translator
from runtime.outbound import OutboundClient
from tests.standins.wecom import DEFAULT_KEY, WecomStandIn

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

TEXTS = st.builds(
    TextMessage,
    content=st.one_of(
        st.text(alphabet="单货字ab<@*\n ", min_size=1, max_size=60),
        st.integers(1, 681).map("字".__mul__),
    ).map("条".__add__),
    users=st.lists(st.sampled_from(["li", "wang", EVERYBODY]), max_size=2, unique=True).map(tuple),
    mobiles=st.lists(st.sampled_from(["13800138000", "13900139000"]), max_size=1).map(tuple),
)
MARKDOWNS = st.builds(
    MarkdownMessage,
    content=st.one_of(
        st.text(alphabet="单货**#\n ", max_size=60), st.integers(1, 1364).map("字".__mul__)
    ).map("条".__add__),
)
BURSTS = st.lists(st.one_of(TEXTS, MARKDOWNS), max_size=60)


def queue(messages: list[RobotMessage]) -> list[Waiting[int]]:
    return [Waiting(number, message) for number, message in enumerate(messages)]


def texts(count: int, content: str = "消息") -> list[Waiting[int]]:
    return queue([TextMessage(content=f"{content}{n}") for n in range(count)])


def minutes_ago(count: int, seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=seconds)] * count


# -- plan -----------------------------------------------------------------------------------------------------------


def test_while_there_is_room_messages_leave_one_by_one() -> None:
    result = plan(NOW, [], texts(20))
    assert isinstance(result, SendNow)
    assert [batch.ids for batch in result.batches] == [(n,) for n in range(20)]
    assert result.look_again_at is None


def test_nothing_waiting_is_nothing_to_send() -> None:
    assert plan(NOW, minutes_ago(20, 1), []) == SendNow(())


def test_when_more_wait_than_there_is_room_for_all_are_merged() -> None:
    result = plan(NOW, minutes_ago(19, 10), texts(3))
    assert result == SendNow(
        (
            Batch(
                (0, 1, 2),
                TextMessage(
                    content=f"合并 3 条消息\n{SEPARATOR}\n消息0\n{SEPARATOR}\n消息1\n{SEPARATOR}\n消息2"
                ),
            ),
        )
    )


def test_a_full_window_waits_for_the_oldest_to_leave_it() -> None:
    sent = [NOW - 50 * SECOND, *minutes_ago(19, 5)]
    assert plan(NOW, sent, texts(1)) == WaitUntil(NOW + 10.5 * SECOND)


def test_an_overfull_window_waits_until_there_is_really_room() -> None:
    sent = [NOW - 50 * SECOND, NOW - 40 * SECOND, *minutes_ago(19, 5)]
    assert plan(NOW, sent, texts(1)) == WaitUntil(NOW + 20.5 * SECOND)


def test_times_outside_the_window_do_not_count() -> None:
    result = plan(NOW, minutes_ago(20, 60.5), texts(20))
    assert isinstance(result, SendNow)
    assert len(result.batches) == 20


def test_a_pause_that_was_asked_for_is_kept() -> None:
    until = NOW + 30 * SECOND
    assert plan(NOW, [], texts(1), not_before=until) == WaitUntil(until)
    assert isinstance(plan(until, [], texts(1), not_before=until), SendNow)


def test_what_has_no_room_even_merged_is_told_when_to_come_again() -> None:
    waiting = texts(5, content="字" * 600)
    result = plan(NOW, [NOW - 58 * SECOND, *minutes_ago(17, 1)], waiting)
    assert isinstance(result, SendNow)
    assert [batch.ids for batch in result.batches] == [(0,), (1,)]
    assert result.look_again_at == NOW + 2.5 * SECOND


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 40), st.lists(st.one_of(TEXTS, MARKDOWNS), max_size=30)), max_size=6),
    st.sampled_from([WECOM_ROBOT_RULE, PacingRule(limit=2, window_seconds=10)]),
)
def test_following_the_plan_delivers_everything_in_order_and_never_overruns(
    arrivals: list[tuple[float, list[RobotMessage]]], rule: PacingRule
) -> None:
    """A whole life of one robot, run with a clock of numbers: bursts arrive, a worker follows the plans."""
    now = NOW
    pending: list[tuple[datetime, Waiting[int]]] = []
    for gap, burst in arrivals:
        now += timedelta(seconds=gap)
        pending += [(now, Waiting(len(pending) + n, message)) for n, message in enumerate(burst)]
    total = len(pending)
    now, sent, delivered, waiting = NOW, [], [], []  # type: ignore[var-annotated]
    for _ in range(20 * (total + 2)):
        waiting += [w for at, w in pending if at <= now]
        pending = [(at, w) for at, w in pending if at > now]
        result = plan(now, sent, waiting, rule=rule)
        if isinstance(result, WaitUntil):
            assert result.at > now
            now = result.at
            continue
        for batch in result.batches:
            check_message(batch.message)
            recent = [t for t in sent if t > now - timedelta(seconds=rule.window_seconds)]
            assert len(recent) < rule.limit
            sent.append(now)
            delivered += batch.ids
        waiting = [w for w in waiting if w.id not in set(delivered)]
        assert bool(waiting) == (result.look_again_at is not None)
        if not waiting and not pending:
            break
        now = result.look_again_at or pending[0][0]
    assert delivered == list(range(total))


# -- merge ----------------------------------------------------------------------------------------------------------


@given(BURSTS)
def test_merging_loses_nothing_and_keeps_order_and_limits(messages: list[RobotMessage]) -> None:
    batches = merge(queue(messages))
    assert [i for batch in batches for i in batch.ids] == list(range(len(messages)))
    for batch in batches:
        check_message(batch.message)
        parts = [messages[i] for i in batch.ids]
        if len(parts) == 1:
            assert batch.message == parts[0]
            continue
        assert f"合并 {len(parts)} 条消息" in batch.message.content.split("\n")[0]
        position = 0
        for part in parts:
            if isinstance(batch.message, TextMessage):
                content = part.content
            else:
                markdown = as_markdown(part)
                assert markdown is not None
                content = markdown.content
            found = batch.message.content.find(f"{SEPARATOR}\n{content}", position)
            assert found >= 0
            position = found + len(SEPARATOR) + 1 + len(content)


@given(BURSTS)
def test_merging_keeps_every_mention_once(messages: list[RobotMessage]) -> None:
    for batch in merge(queue(messages)):
        parts = [m for m in (messages[i] for i in batch.ids) if isinstance(m, TextMessage)]
        users = {user for part in parts for user in part.users}
        mobiles = {mobile for part in parts for mobile in part.mobiles}
        if isinstance(batch.message, TextMessage):
            assert set(batch.message.users) == users
            assert set(batch.message.mobiles) == mobiles
            assert len(batch.message.users) == len(users)
        else:
            assert not mobiles
            assert all(f"<@{user}>" in batch.message.content for user in users)


@given(BURSTS)
def test_two_neighbours_stay_apart_only_when_they_must(messages: list[RobotMessage]) -> None:
    batches = merge(queue(messages))
    for first, second in pairwise(batches):
        together = [messages[i] for i in (*first.ids, second.ids[0])]
        assert len(merge(queue(together))) > 1


def test_text_and_markdown_meet_in_markdown() -> None:
    merged = merge(queue([TextMessage(content="a*b", users=("li",)), MarkdownMessage(content="**c**")]))
    assert [batch.message for batch in merged] == [
        MarkdownMessage(content=f"**合并 2 条消息**\n{SEPARATOR}\na＊b\n<@li>\n{SEPARATOR}\n**c**")
    ]


def test_text_that_mentions_by_mobile_number_does_not_become_markdown() -> None:
    messages: list[RobotMessage] = [
        TextMessage(content="a", mobiles=("13800138000",)),
        MarkdownMessage(content="b"),
    ]
    assert [batch.message for batch in merge(queue(messages))] == messages


def test_a_burst_of_a_hundred_short_messages_becomes_few() -> None:
    assert len(merge(texts(100, content="订单 A-1000 库存不足,缺 3 件 "))) <= 5


def test_the_header_speaks_the_readers_language() -> None:
    english = Translator("en", {"合并 {count} 条消息": "{count} messages in one"})
    assert merge(texts(2), english)[0].message.content.startswith("2 messages in one\n")


@pytest.mark.parametrize("count", [0, 1])
def test_few_messages_are_left_alone(count: int) -> None:
    assert merge(texts(count)) == [Batch((w.id,), w.message) for w in texts(count)]


# -- on the wire ----------------------------------------------------------------------------------------------------


async def test_two_hundred_alerts_at_once_all_arrive_without_one_refusal() -> None:
    now = NOW
    with WecomStandIn(clock=lambda: now.timestamp()) as wecom:
        client = OutboundClient(allowed=[wecom.base_url])
        waiting = texts(200, content="订单缺货,请在 2 分钟内处理 " + "字" * 200)
        sent: list[datetime] = []
        while waiting:
            result = plan(now, sent, waiting)
            if isinstance(result, WaitUntil):
                now = result.at
                continue
            for batch in result.batches:
                await send(client, RobotAddress(DEFAULT_KEY), batch.message, base_url=wecom.base_url)
                sent.append(now)
                waiting = [w for w in waiting if w.id not in batch.ids]
            now = result.look_again_at or now
        assert not wecom.refusals
        received = "\n".join(message.content for message in wecom.messages)
        positions = [received.index(f"{'字' * 200}{n}\n") if n < 199 else 0 for n in range(200)]
        assert positions[:199] == sorted(positions[:199])
        assert received.endswith("199")
        assert len(wecom.messages) < 100
