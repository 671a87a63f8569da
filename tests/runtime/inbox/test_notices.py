"""Notices reach each person once, in the reader's language, and only who they are for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from runtime import inbox
from runtime.errors import InvalidInput
from runtime.i18n import CHINESE, Message, Translator
from runtime.system import System


async def somebody(system: System, name: str, *, active: bool = True) -> int:
    number: int = await system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash, active)"
        " VALUES ($1, $2, $3, '-', $4) RETURNING id",
        f"usr{name:>014}",
        f"{name}@example.com",
        name,
        active,
    )
    return number


async def post(system: System, people: list[int], key: str = "k", **more: object) -> int:
    async with system.db.transaction() as tx:
        told: dict[str, object] = {"title": "新订单", "text": "有一张新订单", **more}
        return await inbox.post(system, tx, people=people, key=key, **told)  # type: ignore[arg-type]


async def test_a_key_reaches_each_person_once(system: System) -> None:
    ada, ben, gone = [await somebody(system, n, active=n != "gone") for n in ("ada", "ben", "gone")]
    assert await post(system, [ada, ada, gone, 999]) == 1
    assert await post(system, [ada, ben]) == 1, "only who was not told yet"
    for person in (ada, ben):
        assert [one.title for one in (await inbox.page(system.db, person, CHINESE)).letters] == ["新订单"]
    assert (await inbox.page(system.db, gone, CHINESE)).letters == ()
    many = await asyncio.gather(*(post(system, [ada, ben], "together") for _ in range(8)))
    assert sum(many) == 2


async def test_what_is_rolled_back_tells_nobody(system: System) -> None:
    ada = await somebody(system, "ada")

    async def told_in_vain() -> None:
        async with system.db.transaction() as tx:
            await inbox.post(system, tx, people=[ada], title="x", key="k")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await told_in_vain()
    assert await inbox.unread(system.db, ada) == 0


async def test_words_and_messages(system: System) -> None:
    ada = await somebody(system, "ada")
    english = Translator("en", {"{n} 次失败": "{n} failures"})
    await post(system, [ada], "a", title=Message("{n} 次失败", {"n": 3}), text="{user} 写的 {0}")
    await post(system, [ada], "b", title="长" * 500, text="a\x00b", url="/t/tblx?record=recy")
    newest, older = (await inbox.page(system.db, ada, english)).letters
    assert (older.title, older.text) == ("3 failures", "{user} 写的 {0}")
    assert (len(newest.title), newest.text, newest.url) == (inbox.MAX_TITLE, "ab", "/t/tblx?record=recy")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "t/x", "data:x"])
async def test_a_link_leads_where_links_may_lead(system: System, url: str) -> None:
    ada = await somebody(system, "ada")
    with pytest.raises(InvalidInput):
        await post(system, [ada], url=url)


async def test_reading_closing_and_pages(system: System) -> None:
    ada, ben = [await somebody(system, n) for n in ("ada", "ben")]
    for number in range(5):
        await post(system, [ada, ben], f"k{number}", title=str(number), popup=number % 2 == 0)
    first = await inbox.page(system.db, ada, CHINESE, limit=3)
    assert [one.title for one in first.letters] == ["4", "3", "2"]
    rest = await inbox.page(system.db, ada, CHINESE, before=first.next_before, limit=3)
    assert ([one.title for one in rest.letters], rest.next_before) == (["1", "0"], None)

    popups = await inbox.waiting_popups(system.db, ada, CHINESE)
    assert [one.title for one in popups] == ["0", "2", "4"], "oldest first"
    await inbox.close(system, ada, [popups[0].id])
    await inbox.read(system, ada, [popups[1].id])
    assert [one.title for one in await inbox.waiting_popups(system.db, ada, CHINESE)] == ["4"]
    assert await inbox.unread(system.db, ada) == 4, "closing a pop-up reads nothing"
    await inbox.read(system, ben, [popups[2].id])
    assert not (await inbox.page(system.db, ada, CHINESE)).letters[0].read, "not another's to read"

    await inbox.read_all(system, ada, first.letters[1].id)
    assert [one.title for one in (await inbox.page(system.db, ada, CHINESE, only_unread=True)).letters] == [
        "4"
    ], "what came after the page was drawn stays unread"
    await inbox.read_all(system, ada)
    assert (await inbox.unread(system.db, ada), await inbox.unread(system.db, ben)) == (0, 5)
    await inbox.read(system, ada, [first.letters[0].id], unread=True)
    assert await inbox.unread(system.db, ada) == 1


async def test_what_one_has_seen_to_is_said_to_all_and_asked_no_more(system: System) -> None:
    ada, ben, eve = [await somebody(system, n) for n in ("ada", "ben", "eve")]
    await post(system, [ada, ben], "both", popup=True)
    await post(system, [ada], "alone", popup=True)
    await post(system, [eve], "other", popup=True)
    (mine, _), (hers,) = [await inbox.waiting_popups(system.db, n, CHINESE) for n in (ada, eve)]
    assert (mine.shared, hers.shared, mine.settled) == (True, False, None)
    (his,) = await inbox.waiting_popups(system.db, ben, CHINESE)
    await asyncio.gather(
        inbox.settle(system, ben, [his.id, mine.id, hers.id], "kept"),
        inbox.settle(system, ben, [his.id], "done"),
    )
    left = await inbox.waiting_popups(system.db, ada, CHINESE)
    assert [one.shared for one in left] == [True, False], "it is said for a while, the other one waits"
    assert left[0].settled is not None
    assert left[1].settled is None
    assert (left[0].settled.by, left[0].settled.mine, left[0].read) == ("ben", False, True)
    assert await inbox.waiting_popups(system.db, ben, CHINESE) == (), "who did it is told nothing"
    assert [one.id for one in await inbox.waiting_popups(system.db, eve, CHINESE)] == [hers.id], (
        "not his to end"
    )
    assert (await inbox.unread(system.db, ada), await inbox.unread(system.db, ben)) == (1, 0)
    (kept,) = (await inbox.page(system.db, ben, CHINESE)).letters
    assert kept.settled is not None
    assert kept.settled.mine
    first = left[0].settled
    await inbox.settle(system, ada, [mine.id], "done")
    again = (await inbox.page(system.db, ada, CHINESE)).letters[1].settled
    assert again == first, "the first one counts"
    await system.db.execute(
        "UPDATE meta.notice SET closed_at = NULL, settled_at = now() - interval '1 minute'"
    )
    assert [one.id for one in await inbox.waiting_popups(system.db, ada, CHINESE)] == [left[1].id]


async def test_a_merge_ends_what_asked_for_it(system: System) -> None:
    ada, ben = [await somebody(system, n) for n in ("ada", "ben")]
    for key, url in (
        ("same", "/t/tblA?merge=rec1,rec2"),
        ("more", "/t/tblA?merge=rec1,rec2,rec3"),
        ("else", "/t/tblAB?merge=rec1,rec2"),
        ("look", "/t/tblA?record=rec1"),
    ):
        await post(system, [ada, ben], key, title=key, popup=True, url=url)
    async with system.db.transaction() as tx:
        await inbox.settle_merged(system, tx, ada, "tblA", ["rec2", "rec1", "rec9"])
    left = await inbox.waiting_popups(system.db, ben, CHINESE)
    assert [(one.title, one.settled and one.settled.how) for one in left] == [
        ("same", "merged"), ("more", None), ("else", None), ("look", None),
    ]  # fmt: skip


async def test_notices_are_forgotten_in_time(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await somebody(system, "ada")
    await post(system, [ada], "read")
    await inbox.read_all(system, ada)
    await post(system, [ada], "unread")
    now = datetime.now(UTC)
    await inbox.forget_old_notices(system, now + timedelta(days=29))
    assert len((await inbox.page(system.db, ada, CHINESE)).letters) == 2
    await inbox.forget_old_notices(system, now + timedelta(days=31))
    assert [one.read for one in (await inbox.page(system.db, ada, CHINESE)).letters] == [False]
    await inbox.forget_old_notices(system, now + timedelta(days=181))
    assert (await inbox.page(system.db, ada, CHINESE)).letters == ()

    monkeypatch.setattr(inbox.retention, "MOST_PER_PERSON", 3)
    for number in range(5):
        await post(system, [ada], f"k{number}", title=str(number))
    await inbox.forget_old_notices(system)
    assert [one.title for one in (await inbox.page(system.db, ada, CHINESE)).letters] == ["4", "3", "2"]
