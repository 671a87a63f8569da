"""Steps that tell: people inside the product, mailboxes, interfaces whose answers later steps use."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from runtime import inbox
from runtime.accounts.members import put_member
from runtime.automations import remedies, runs, settlement, trace
from runtime.automations.connections import connection
from runtime.automations.engine import Execution, execute
from runtime.automations.notes import load_failure
from runtime.catalog import bump
from runtime.connectors import Receipt
from runtime.definitions.automations import (
    Arm,
    Branch,
    Loop,
    OutcomeIs,
    RecordCreated,
    SendWecom,
    Step,
    UpdateRecord,
)
from runtime.definitions.fields import Member, Text
from runtime.definitions.flow import ListItems
from runtime.definitions.message_steps import AnswerValue, HttpRequest, Notify, Pair, SendEmail
from runtime.definitions.queries import Condition
from runtime.definitions.record_steps import FindRecords
from runtime.definitions.values import FieldValue, Literal_, PersonValue, StepOutput, TextValue, as_operand
from runtime.errors import OutsideFailed
from runtime.i18n import CHINESE
from runtime.settings import Settings
from runtime.storage.leases import Lease, LeaseLost
from tests.standins.http import Request, Response, Silence, StandInServer
from tests.standins.smtp import SmtpStandIn
from tests.standins.wecom import WecomStandIn
from tests.support.shop import Shop
from tests.support.world import EDITOR


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receivers of these tests are on this machine."""
    return msgspec.structs.replace(settings, allow_private_outbound=True)


class Receiver:
    """An interface that notes what it gets and answers as told."""

    def __init__(self) -> None:
        self.got: list[Request] = []
        self.answers: list[Response | Exception] = []

    async def handle(self, request: Request) -> Response:
        self.got.append(request)
        answer = self.answers.pop(0) if self.answers else Response.of_json({"ok": True})
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """An interface and its address."""
    found = Receiver()
    with StandInServer(found.handle) as server:
        yield found, server.url


@pytest.fixture
def mailbox() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as found:
        yield found


async def member(shop: Shop, name: str, role: str | None = "editor") -> tuple[int, str]:
    """Somebody with an account, in the shop's app; number and public id."""
    db = shop.world.system.db
    public_id = f"usr{name:>014}"
    async with db.transaction() as tx:
        await bump(tx)
        number = await tx.value(
            "INSERT INTO meta.person (public_id, email, name, password_hash) VALUES ($1, $2, $3, '-') RETURNING id",
            public_id,
            f"{name}@example.com",
            name,
        )
        if role is not None:
            await put_member(tx, shop.world.app_number, number, role)  # type: ignore[arg-type]
    return number, public_id


async def told(shop: Shop, person: int) -> list[inbox.Letter]:
    return list((await inbox.page(shop.world.system.db, person, CHINESE)).letters)


async def later(shop: Shop, seconds: float = 3600) -> None:
    """As if ``seconds`` had passed since the last calls."""
    db = shop.world.system.db
    await db.execute(
        "UPDATE meta.delivery_attempt SET at = at - make_interval(secs => $1),"
        " pause_until = pause_until - make_interval(secs => $1)",
        seconds,
    )
    await db.execute(
        "UPDATE meta.delivery SET next_attempt_at = next_attempt_at - make_interval(secs => $1)", seconds
    )


async def states(shop: Shop) -> list[tuple[str, int]]:
    rows = await shop.world.system.db.fetch("SELECT status, attempts FROM meta.delivery ORDER BY id")
    return [(row["status"], row["attempts"]) for row in rows]


# ---- inside the product ----


async def test_people_are_told_once_with_the_record_behind_it(shop: Shop) -> None:
    ada, ada_id = await member(shop, "ada", "owner")
    ben, _ = await member(shop, "ben")
    cat, cat_id = await member(shop, "cat", "viewer")
    gone, gone_id = await member(shop, "gone", None)
    title = TextValue(("新订单 ", shop.value("订单号")))
    step = Notify(
        title, TextValue(("快看",)), people=(ada_id, gone_id), roles=("owner", "editor"), popup=True
    )
    await shop.automation(RecordCreated(shop.orders.id), step)
    order = await shop.order(订单号="A\n1")
    (run,) = await shop.settle()
    assert await shop.steps(run) == {"stp1": ("done", "told")}
    for person in (ada, ben):
        (letter,) = await told(shop, person)
        assert (letter.title, letter.text, letter.popup) == ("新订单 A 1", "快看", True)
        assert letter.url == f"/t/{shop.orders.id}?record={order}"
    assert await told(shop, cat) == await told(shop, gone) == []
    # as if the worker had died before it could say that it was done
    await shop.world.system.db.execute("DELETE FROM meta.run_step")
    await shop.world.system.db.execute("UPDATE meta.run SET status = 'queued'")
    await shop.execute([run])
    assert len(await told(shop, ada)) == 1
    assert cat_id


async def test_a_notice_leads_to_records_that_may_be_the_same(shop: Shop) -> None:
    ada, ada_id = await member(shop, "ada", "owner")
    alike = Condition(shop.orders.field("备注").id, "is", as_operand(shop.value("备注")))
    await shop.automation(
        RecordCreated(shop.orders.id),
        FindRecords(shop.orders.id, where=alike),
        Notify(TextValue(("疑似同一客户",)), people=(ada_id,), popup=True, merge="stp1"),
    )
    first = await shop.order(备注="13805716621")
    await shop.settle()
    second = await shop.order(备注="13805716621")
    await shop.settle()
    urls = {letter.url for letter in await told(shop, ada)}
    alone = f"/t/{shop.orders.id}?record={first}"
    assert urls == {alone, f"/t/{shop.orders.id}?merge={second},{first}"}


async def test_who_a_record_and_a_run_name(shop: Shop) -> None:
    ada, ada_id = await member(shop, "ada")
    ben, ben_id = await member(shop, "ben")
    tasks = await shop.world.table("任务", {"名称": Text(), "负责人": Member(many=True)})
    responsible = FieldValue(tasks.field("负责人").id)
    await shop.automation(
        RecordCreated(tasks.id),
        Notify(TextValue(("给你的",)), values=(responsible,)),
        Notify(TextValue(("你建的",)), values=(PersonValue("creator"), PersonValue("actor")), link=""),
    )
    await shop.world.create(tasks, {"名称": "a", "负责人": [{"id": ada_id}, {"id": ben_id}]})
    await shop.world.create(tasks, {"名称": "b"})
    first, second = await shop.settle()
    assert (
        [one.title for one in await told(shop, ada)]
        == [one.title for one in await told(shop, ben)]
        == ["给你的"]
    )
    # the one who made them is no member of this test's app
    assert await shop.steps(first) == {"stp1": ("done", "told"), "stp2": ("done", "nobody")}
    assert await shop.steps(second) == {"stp1": ("done", "nobody"), "stp2": ("done", "nobody")}


async def test_a_notice_without_words_is_said(shop: Shop) -> None:
    _, ada = await member(shop, "ada")
    await shop.automation(
        RecordCreated(shop.orders.id), Notify(TextValue((shop.value("备注"),)), people=(ada,))
    )
    await shop.order()
    (run,) = await shop.settle()
    failure = load_failure((await shop.run(run))["error"])
    assert failure is not None
    assert failure.code == "message_empty"


# ---- e-mail ----


async def box(shop: Shop, server: SmtpStandIn) -> str:
    return await shop.connector(
        "smtp",
        "邮箱",
        host="127.0.0.1",
        port=str(server.port),
        security="none",
        from_address="shop@example.com",
    )


async def test_mails_go_to_each_address_once(shop: Shop, mailbox: SmtpStandIn) -> None:
    connector = await box(shop, mailbox)
    step = SendEmail(
        connector,
        TextValue(("订单 ", shop.value("订单号"), " 缺货")),
        TextValue(("原因:", shop.value("异常原因"))),
        to=("boss@example.com", "Boss@Example.com"),
        values=(shop.value("备注"),),
    )
    await shop.automation(RecordCreated(shop.orders.id), step)
    await shop.order(订单号="A1", 异常原因="缺 3 件", 备注="zhou@example.com, li@example.com")
    (run,) = await shop.settle()
    mailbox.answer("RCPT", "451 greylisted")
    await shop.deliver()
    await later(shop)
    await shop.deliver()
    got = mailbox.wait_for(3)
    assert sorted(one.to[0] for one in got) == ["Boss@Example.com", "li@example.com", "zhou@example.com"]
    assert {(one.mail["Subject"], one.text) for one in got} == {("订单 A1 缺货", "原因:缺 3 件")}
    assert len({one.mail["Message-ID"] for one in got}) == 3
    assert await shop.steps(run) == {"stp1": ("done", "sent")}


async def test_a_mail_whose_answer_was_lost_keeps_its_id(shop: Shop, mailbox: SmtpStandIn) -> None:
    connector = await box(shop, mailbox)
    await shop.automation(
        RecordCreated(shop.orders.id),
        SendEmail(connector, TextValue(("s",)), TextValue(), ("a@example.com",)),
    )
    await shop.order()
    await shop.settle()
    mailbox.answer("END", None)
    await shop.deliver()
    await later(shop)
    await shop.deliver()
    first, second = mailbox.wait_for(2)
    assert first.mail["Message-ID"] == second.mail["Message-ID"]


async def test_nobody_to_mail_and_addresses_that_are_none(shop: Shop, mailbox: SmtpStandIn) -> None:
    connector = await box(shop, mailbox)
    step = SendEmail(connector, TextValue(("s",)), TextValue(("t",)), values=(shop.value("备注"),))
    await shop.automation(RecordCreated(shop.orders.id), step)
    await shop.order()
    await shop.order(备注="zhou")
    empty, wrong = await shop.settle()
    assert await shop.steps(empty) == {"stp1": ("done", "nobody")}
    failure = load_failure((await shop.run(wrong))["error"])
    assert failure is not None
    assert failure.message.text() == "「zhou」不是邮箱地址"


async def test_a_refused_login_breaks_the_connector_and_says_so(shop: Shop, mailbox: SmtpStandIn) -> None:
    mailbox.users["shop@example.com"] = "right"
    connector = await shop.connector(
        "smtp", "邮箱", host="127.0.0.1", port=str(mailbox.port), security="none",
        from_address="shop@example.com", user="shop@example.com", password="wrong",
    )  # fmt: skip
    await shop.automation(
        RecordCreated(shop.orders.id),
        SendEmail(connector, TextValue(("s",)), TextValue(), ("a@example.com",)),
    )
    await shop.order()
    (run,) = await shop.settle()
    await shop.deliver()
    row = await shop.world.system.db.row("SELECT status, status_message FROM meta.connector")
    assert row is not None
    assert row["status"] == "failed"
    assert "授权码" in row["status_message"]
    assert (await shop.run(run))["status"] == "failed"


# ---- interfaces ----

ANSWER = (
    AnswerValue("no", "运单号", ("data", 0, "no"), "SF1"),
    AnswerValue("fee", "运费", ("data", 0, "fee"), 12.5),
)


async def call(shop: Shop, url: str, *after: Any, **config: Any) -> str:
    """An automation whose first step calls an interface."""
    connector = await shop.connector("http_api", "快递", base_url=f"{url}/v1", auth="bearer", token="t0k")
    return await shop.automation(RecordCreated(shop.orders.id), HttpRequest(connector, **config), *after)


async def woken(shop: Shop) -> None:
    """Carry out what an answer has woken."""
    rows = await shop.world.system.db.fetch("SELECT public_id FROM meta.run WHERE status = 'queued'")
    for row in rows:
        assert await execute(shop.world.system, row["public_id"], "test")


async def test_an_answer_is_waited_for_and_used(shop: Shop, receiver: tuple[Receiver, str]) -> None:
    hook, url = receiver
    hook.answers = [
        Response(503, b"later"),
        Response.of_json({"data": [{"no": "SF20261123", "fee": 8}]}),
    ]
    await call(
        shop,
        url,
        UpdateRecord(shop.sets(备注=StepOutput("stp1", "no"), 次数=StepOutput("stp1", "fee"))),
        path=TextValue(("orders/", shop.value("订单号"))),
        query=(Pair("状态", Literal_("新")),),
        headers=(Pair("X-Shop", shop.value("订单号")),),
        body="json",
        fields=(Pair("金额", shop.value("实付金额")), Pair("来自", Literal_("活表"))),
        answer=ANSWER,
    )
    order = await shop.order(订单号="A/1", 实付金额="12.50")
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "waiting"
    await shop.deliver()
    assert await states(shop) == [("waiting", 1)]
    await later(shop)
    await shop.deliver()
    assert await shop.steps(run) == {"stp1": ("done", "ok")}
    await woken(shop)
    assert (await shop.run(run))["status"] == "finished"
    fields = await shop.read(order)
    assert (fields["备注"], fields["次数"]) == ("SF20261123", 8)
    first, second = hook.got
    assert first.path == "/v1/orders/A%2F1"
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == f"{run}/stp1#1"
    assert first.headers["authorization"] == "Bearer t0k"
    assert json.loads(first.body) == {"金额": 12.5, "来自": "活表"}
    stored = await shop.world.system.db.value("SELECT input::text FROM meta.run_step WHERE path = 'stp1'")
    assert "t0k" not in stored


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(200, b"<html>\x00"), "answer_unreadable"),
        (Response(200, b" " * 10_000_000), "response_too_large"),
        (Response(404, b'{"why":"\x00gone"}'), "http_refused"),
        (Response(302, b"", {"Location": "/other"}), "moved"),
    ],
)
async def test_bad_answers_fail_the_step_and_can_be_asked_again(
    shop: Shop, receiver: tuple[Receiver, str], answer: Response, code: str
) -> None:
    hook, url = receiver
    hook.answers = [answer]
    await call(shop, url, UpdateRecord(shop.sets(备注=StepOutput("stp1", "no"))), answer=ANSWER)
    order = await shop.order(订单号="A1")
    (run,) = await shop.settle()
    await shop.deliver()
    row = await shop.run(run)
    assert row["status"] == "failed"
    failed = await shop.world.system.db.value("SELECT error FROM meta.run_step WHERE path = 'stp1'")
    assert json.loads(failed)["code"] == code
    hook.answers = [Response.of_json({"data": [{"no": "SF7"}]})]
    await remedies.retry(shop.world.system, EDITOR, run)
    await woken(shop)
    await shop.deliver()
    await woken(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.read(order))["备注"] == "SF7"


async def test_a_failure_that_does_not_matter_lets_the_run_go_on(
    shop: Shop, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    hook.answers = [Response(400, b"no")]
    connector = await shop.connector("http_api", "快递", base_url=url)
    await shop.automation(
        RecordCreated(shop.orders.id),
        Step("stp1", HttpRequest(connector), on_failure="continue"),
        UpdateRecord(shop.sets(备注="接着做")),
    )
    order = await shop.order()
    (run,) = await shop.settle()
    await shop.deliver()
    await woken(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.steps(run))["stp1"] == ("failed", None)
    assert (await shop.read(order))["备注"] == "接着做"


async def test_a_refusal_as_an_answer_takes_its_own_way(shop: Shop, receiver: tuple[Receiver, str]) -> None:
    hook, url = receiver
    hook.answers = [Response.of_json({"error": "已下过单"}, 409)]
    way = Branch(
        (
            Arm(
                "拒绝",
                (Step("stp9", UpdateRecord(shop.sets(异常原因=StepOutput("stp1", "why")))),),
                OutcomeIs("stp1", "refused"),
            ),
        )
    )
    why = (AnswerValue("why", "原因", ("error",)),)
    await call(shop, url, way, answer=why, any_status=True)
    order = await shop.order()
    (run,) = await shop.settle()
    await shop.deliver()
    await woken(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.read(order))["异常原因"] == "已下过单"


async def test_without_waiting_the_run_goes_on_at_once(shop: Shop, receiver: tuple[Receiver, str]) -> None:
    hook, url = receiver
    await call(shop, url, UpdateRecord(shop.sets(备注="发了")), method="DELETE", wait=False)
    order = await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.read(order))["备注"] == "发了"
    await shop.deliver()
    assert [one.method for one in hook.got] == ["DELETE"]
    assert (await shop.steps(run))["stp1"] == ("done", None)


async def test_values_in_a_text_of_json_cannot_break_it(shop: Shop, receiver: tuple[Receiver, str]) -> None:
    hook, url = receiver
    text = TextValue(('{"no":"', shop.value("订单号"), '","n":1}'))
    await call(shop, url, method="PUT", body="text", text=text)
    await shop.order(订单号='a","n":2,"x":"\\')
    await shop.settle()
    await shop.deliver()
    assert json.loads(hook.got[0].body) == {"no": 'a","n":2,"x":"\\', "n": 1}


async def test_a_slow_receiver_is_asked_again_with_the_same_key(
    shop: Shop, receiver: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, url = receiver
    hook.answers = [Silence()]
    await call(shop, url)
    await shop.order()
    (run,) = await shop.settle()
    with monkeypatch.context() as impatient:
        impatient.setattr("runtime.connectors.http_api.TIMEOUT_SECONDS", 2)
        await shop.deliver()
    assert await states(shop) == [("waiting", 1)]
    await later(shop)
    await shop.deliver()
    await woken(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert len({one.headers["idempotency-key"] for one in hook.got}) == 1


async def test_an_answer_that_comes_too_late_is_no_answer_to_the_next_call(
    shop: Shop, receiver: tuple[Receiver, str]
) -> None:
    """A sender that was frozen wakes up when its message was given up, and a person has tried the step again."""
    hook, url = receiver
    hook.answers = [Response(404, b"no")]
    await call(shop, url, UpdateRecord(shop.sets(备注=StepOutput("stp1", "no"))), answer=ANSWER)
    order = await shop.order(订单号="A1")
    (run,) = await shop.settle()
    system = shop.world.system
    late = await system.db.fetch(
        "SELECT d.*, r.public_id AS run FROM meta.delivery d JOIN meta.run r ON r.id = d.run_id"
    )
    receiver_of = await connection(system, system.db, late[0]["connector_id"])
    await shop.deliver()
    await remedies.retry(system, EDITOR, run)
    await woken(shop)
    assert (await shop.run(run))["status"] == "waiting"
    taken = Receipt(0, "", {}, output={"no": "LATE"}, outcome="ok")
    await settlement.sent(system, "lane", receiver_of, late, taken)
    await settlement.give_up(system, "lane", late, OutsideFailed(retryable=False, code="http_refused"))
    assert (await shop.steps(run))["stp1"] == ("waiting", None)
    assert await states(shop) == [("waiting", 0)]
    hook.answers = [Response.of_json({"data": [{"no": "SF7"}]})]
    await shop.deliver()
    await woken(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.read(order))["备注"] == "SF7"


async def test_a_message_given_up_stops_the_run_though_somebody_made_it_look_again(
    shop: Shop, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    hook.answers = [Response(404, b"no")]
    await call(shop, url, UpdateRecord(shop.sets(备注="不该到这里")), answer=ANSWER)
    order = await shop.order(订单号="A1")
    (run,) = await shop.settle()
    await remedies.retry(shop.world.system, EDITOR, run)
    assert (await shop.run(run))["status"] == "queued"
    await shop.deliver()
    assert (await shop.run(run))["status"] == "failed"
    assert not await execute(shop.world.system, run, "test")
    assert (await shop.read(order))["备注"] is None


@pytest.mark.parametrize("refused", [False, True])
async def test_an_answer_is_not_lost_on_a_worker_that_has_just_taken_the_run_up(
    shop: Shop, receiver: tuple[Receiver, str], refused: bool
) -> None:
    hook, url = receiver
    hook.answers = [Response(404, b"no") if refused else Response.of_json({"ok": True})]
    connector = await shop.connector("http_api", "快递", base_url=url)
    await shop.automation(
        RecordCreated(shop.orders.id),
        Step("stp1", HttpRequest(connector), on_failure="continue"),
        UpdateRecord(shop.sets(备注="好")),
    )
    order = await shop.order(订单号="A1")
    (run,) = await shop.settle()
    system = shop.world.system
    await remedies.retry(system, EDITOR, run)
    claimed = await runs.claim(system.db, run, "other")
    assert claimed is not None
    await shop.deliver()
    with pytest.raises(LeaseLost):
        await Execution(system, claimed, Lease(system.db, "run", claimed.number, "other")).carry_out()
    await woken(shop)
    assert (await shop.run(run))["status"] == "finished"
    assert (await shop.steps(run))["stp1"] == (("failed", None) if refused else ("done", "ok"))
    assert (await shop.read(order))["备注"] == "好"


async def test_messages_of_a_loop_that_were_given_up_are_sent_again_though_the_loop_was_over(
    shop: Shop, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    hook.answers = [Response(200, b""), Response(404, b"no"), Response(200, b"")]
    connector = await shop.connector("http_api", "快递", base_url=url)
    sends = HttpRequest(connector, wait=False, path=TextValue((StepOutput("stpL", "item"),)))
    loop = Loop(ListItems(Literal_(["a", "b", "c"])), (Step("stpX", sends),))
    await shop.automation(RecordCreated(shop.orders.id), Step("stpL", loop))
    await shop.order()
    (run,) = await shop.settle()
    assert (await shop.run(run))["status"] == "finished"
    await shop.deliver()
    assert (await shop.run(run))["status"] == "failed"
    await remedies.retry(shop.world.system, EDITOR, run)
    await woken(shop)
    await shop.deliver()
    assert [one.path for one in hook.got] == ["/a", "/b", "/c", "/b"]
    assert (await shop.run(run))["status"] == "finished"
    assert set((await shop.steps(run)).values()) == {("done", None)}


# ---- limits and pauses ----


async def test_a_limit_queues_and_drops_nothing(shop: Shop, receiver: tuple[Receiver, str]) -> None:
    hook, url = receiver
    await call(shop, url, wait=False, path=TextValue((shop.value("订单号"),)))
    await shop.world.system.db.execute("UPDATE meta.connector SET per_minute = 3")
    for number in range(7):
        await shop.order(订单号=str(number))
    await shop.settle()
    for expected in (3, 6, 7):
        await shop.deliver()
        assert len(hook.got) == expected
        await shop.deliver()
        assert len(hook.got) == expected, "no room within this minute"
        await later(shop, 61)
    assert [one.path for one in hook.got] == [f"/v1/{number}" for number in range(7)]


async def test_what_a_paused_connector_has_to_send_waits(shop: Shop, receiver: tuple[Receiver, str]) -> None:
    hook, url = receiver
    await call(shop, url, wait=False)
    await shop.world.system.db.execute("UPDATE meta.connector SET paused_at = now()")
    await shop.order()
    (run,) = await shop.settle()
    await shop.deliver()
    assert not hook.got
    assert await states(shop) == [("waiting", 0)]

    async def said() -> list[tuple[str, bool]]:
        steps = (await trace.run_trace(shop.world.system, EDITOR, run)).steps
        return [(one.status, one.paused) for step in steps for one in step.deliveries]

    assert await said() == [("waiting", True)], "whoever looks at the run reads what it waits for"
    await shop.world.system.db.execute("UPDATE meta.connector SET paused_at = NULL")
    await shop.deliver()
    assert len(hook.got) == 1
    assert await said() == [("sent", False)]


async def test_one_receiver_that_is_gone_leaves_the_others_alone(
    shop: Shop, robot: str, wecom: WecomStandIn, receiver: tuple[Receiver, str], mailbox: SmtpStandIn
) -> None:
    hook, url = receiver
    gone = await shop.connector("http_api", "凭证过期的接口", base_url=f"{url}/gone")
    hook.answers = [Response(401, b"no")]
    await shop.automation(RecordCreated(shop.orders.id), HttpRequest(gone), name="坏的")
    await shop.automation(
        RecordCreated(shop.orders.id), SendWecom(robot, TextValue(("新订单",))), name="好的"
    )
    step = SendEmail(await box(shop, mailbox), TextValue(("s",)), TextValue(), ("a@example.com",))
    await shop.automation(RecordCreated(shop.orders.id), step, name="也好的")
    await shop.order()
    runs = await shop.settle()
    await shop.deliver()
    assert len(wecom.wait_for(1)) == len(mailbox.wait_for(1)) == 1
    found = [(await shop.run(run))["status"] for run in runs]
    assert sorted(found) == ["failed", "finished", "finished"]
    rows = await shop.world.system.db.fetch("SELECT name, status FROM meta.connector ORDER BY id")
    assert {row["name"]: row["status"] for row in rows} == {
        "仓库群机器人": "ok", "凭证过期的接口": "failed", "邮箱": "ok",
    }  # fmt: skip
