"""A person's notices over HTTP: their own only."""

from __future__ import annotations

from litestar import Litestar

from runtime import accounts, inbox
from tests.support.web import program


async def test_notices_are_read_by_whom_they_are_for(app: Litestar, owner: accounts.Person) -> None:
    system = app.state.system
    number = await system.db.value("SELECT id FROM meta.person WHERE public_id = $1", owner.id)
    async with system.db.transaction() as tx:
        for title in ("一", "二", "三"):
            await inbox.post(
                system, tx, people=[number], title=title, key=title, url="/", popup=title == "三"
            )
    async with await program(app, owner.email) as mine:
        waiting = (await mine.get("/api/v1/me/notices/waiting")).json()
        assert (waiting["unread"], [one["title"] for one in waiting["popups"]]) == (3, ["三"])
        notices = (await mine.get("/api/v1/me/notices")).json()["notices"]
        assert [one["title"] for one in notices] == ["三", "二", "一"]
        assert notices[0]["app"] is None
        closed = await mine.post("/api/v1/me/notices/close", json={"ids": [notices[0]["id"]]})
        assert closed.json() == {"unread": 3}
        read = await mine.post("/api/v1/me/notices/read", json={"up_to": notices[1]["id"]})
        assert read.json() == {"unread": 1}
        again = await mine.post("/api/v1/me/notices/read", json={"ids": [notices[2]["id"]], "unread": True})
        assert again.json() == {"unread": 2}
        left = (await mine.get("/api/v1/me/notices", params={"unread": "true"})).json()["notices"]
        assert [one["title"] for one in left] == ["三", "一"]
        assert (await mine.post("/api/v1/me/notices/read", json={})).json() == {"unread": 0}
        settled = await mine.post(
            "/api/v1/me/notices/settle", json={"ids": [notices[0]["id"]], "how": "kept"}
        )
        assert settled.json() == {"unread": 0}
        newest = (await mine.get("/api/v1/me/notices")).json()["notices"][0]
        assert (newest["shared"], newest["settled"]["mine"], newest["settled"]["how"]) == (
            False,
            True,
            "kept",
        )
        odd = await mine.post("/api/v1/me/notices/settle", json={"ids": [], "how": "merged"})
        assert odd.status_code in (400, 422)
        too_many = await mine.post("/api/v1/me/notices/read", json={"ids": ["x"] * 201})
        assert too_many.status_code in (400, 422)
        refused = await mine.get("/api/v1/live", params={"tables": "usrSomebodyElse1"})
        assert refused.status_code == 404
    async with await program(app, owner.email) as bare:
        bare.headers.pop("authorization")
        assert (await bare.get("/api/v1/me/notices")).status_code == 401
