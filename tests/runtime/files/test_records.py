"""Attachments in records: writing, reading, conditions, numbers, formulas, history, undo, other apps."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from litestar import Litestar

from builder import apps, fields, tables
from builder.tables import TableSpec
from runtime import accounts
from runtime.catalog import Table
from runtime.definitions.tables import AppDef
from runtime.system import System
from tests.builder.conftest import spec
from tests.runtime.files.conftest import Album, picture


def names(cell: Any) -> list[str]:
    return [file["name"] for file in cell]


async def test_files_in_a_record_in_order_with_their_names(album: Album) -> None:
    one, two = await album.file(picture(), "甲.png"), await album.file(b"words", "乙.txt")
    record = await album.record({"id": two["id"]}, one["id"], two["id"])
    cell = await album.cell(record)
    assert cell == [two, one]
    # a name belongs to the cell; what a file is does not come from the caller
    renamed = {**one, "name": "正面\u202e.png", "size": 1, "type": "text/html", "width": 9}
    assert (await album.put(record, renamed)).status_code == 200
    now = (await album.cell(record))[0]
    assert now == {**one, "name": "正面.png", "url": now["url"]}
    answer = await album.http.get(now["url"])
    assert "%E6%AD%A3" in answer.headers["content-disposition"]
    assert (await album.put(record, {"id": one["id"]})).status_code == 200
    assert names(await album.cell(record)) == ["正面.png"]
    assert (await album.put(record)).status_code == 200
    assert await album.cell(record) == []


@pytest.mark.parametrize("given", ["一些文字", [5], [{"name": "x"}], {"id": "rec12345678901234"}, [["filx"]]])
async def test_what_is_no_file_is_refused(album: Album, given: Any) -> None:
    body = {"records": [{"fields": {"附件": given}}]}
    answer = await album.http.post(f"/api/v1/tables/{album.table.id}/records", json=body)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["code"] == "not_a_file"


async def test_text_and_addresses_are_not_fetched(album: Album) -> None:
    made = await album.file(b"words", "a.txt")

    async def paste(text: str) -> httpx.Response:
        body = {"records": [{"fields": {"附件": text}}], "typecast": True}
        return await album.http.post(f"/api/v1/tables/{album.table.id}/records?field_keys=name", json=body)

    refused = await paste("https://example.com/a.png")
    assert refused.status_code == 422
    assert "网址" in refused.json()["detail"]
    assert (await paste("")).json()["records"][0]["fields"]["附件"] == []
    by_reference = await paste(f"a.txt (https://tables.example.com{made['url']})")
    assert by_reference.json()["records"][0]["fields"]["附件"] == [made]


async def test_unknown_files_and_those_of_another_app(album: Album) -> None:
    actor = await accounts.person_actor(album.system, "lin@example.com")
    other = await apps.create(album.system, actor, AppDef(name="另一个"))
    there = await tables.create(
        album.system, actor, other.id, TableSpec(name="表", fields=(spec("名称"), spec("附件", "attachment")))
    )
    theirs = await album.file(b"secret", "s.txt", field=there.field("附件").id)
    for id_ in (theirs["id"], "fil00000000000000"):
        answer = await album.create(id_)
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["code"] == "no_such_file"
    await album.record(theirs["id"], table=there)
    assert (await album.create(theirs["id"])).status_code == 422


async def test_a_fresh_upload_is_for_its_table_and_a_file_in_a_record_for_the_whole_app(album: Album) -> None:
    actor = await accounts.person_actor(album.system, "lin@example.com")
    second = await tables.create(
        album.system,
        actor,
        album.app_id,
        TableSpec(name="二", fields=(spec("名称"), spec("附件", "attachment"))),
    )
    made = await album.file(b"words", "a.txt")
    assert (await album.create(made["id"], table=second)).status_code == 422
    await album.record(made["id"])
    copy = await album.record(made["id"], table=second)
    assert await album.cell(copy) == [made]


async def test_how_many_and_which_a_field_takes(album: Album) -> None:
    ids = [(await album.file(picture(20 + n), f"{n}.png"))["id"] for n in range(3)]
    assert (await album.create(*ids, field="图片")).json()["problems"][0]["code"] == "too_many_files"
    text = await album.file(b"words", "a.txt")
    await album.record(text["id"])
    refused = await album.create(text["id"], field="图片")
    assert refused.json()["problems"][0]["code"] == "kind_not_allowed"
    record = await album.record(*ids[:2], field="图片")
    field = album.table.field("图片").id
    less = await album.http.patch(f"/api/v1/fields/{field}", json={"options": {"max_files": 1}})
    assert less.status_code == 200, less.text
    # what is there stays, may be put in order and taken away, but nothing comes in addition
    assert (await album.put(record, ids[1], ids[0], field="图片")).status_code == 200
    assert (await album.put(record, *ids, field="图片")).status_code == 422
    assert (await album.put(record, ids[1], field="图片")).status_code == 200


async def ask(album: Album, op: str, value: Any = None) -> int:
    where = {"kind": "condition", "field": album.field, "op": op, "value": value}
    answer = await album.http.post(f"/api/v1/tables/{album.table.id}/query", json={"where": where})
    assert answer.status_code == 200, answer.text
    return len(answer.json()["records"])


async def test_conditions_numbers_and_formulas(album: Album) -> None:
    one, two = await album.file(picture(), "发票 1%.png"), await album.file(b"words", "合同.txt")
    await album.record(one["id"], two["id"])
    await album.record(two["id"])
    await album.record()
    wanted: dict[tuple[str, Any], int] = {
        ("is_empty", None): 1,
        ("is_not_empty", None): 2,
        ("contains", "合同"): 2,
        ("contains", "1%"): 1,
    }
    wanted |= {
        ("contains", "%合"): 0,
        ("not_contains", "发票"): 2,
        ("eq", 2): 1,
        ("ge", "1"): 2,
        ("lt", 1): 1,
        ("ne", 0): 2,
    }
    assert {asked: await ask(album, *asked) for asked in wanted} == wanted
    for op, value in (("eq", "两个"), ("starts_with", "x")):
        where = {"kind": "condition", "field": album.field, "op": op, "value": value}
        answer = await album.http.post(f"/api/v1/tables/{album.table.id}/query", json={"where": where})
        assert answer.status_code == 422
    sums = [{"fn": fn, "field": album.field} for fn in ("count_filled", "count_empty", "count_files")]
    answer = await album.http.post(f"/api/v1/tables/{album.table.id}/aggregate", json={"aggregates": sums})
    assert answer.json()["groups"][0]["values"] == [2, 1, 3]
    formula = {"name": "清单", "type": "formula", "options": {"source": 'ARRAYJOIN({附件}, "+")'}}
    made = await album.http.post(f"/api/v1/tables/{album.table.id}/fields", json=formula)
    assert made.status_code == 201, made.text
    listed = await album.http.get(f"/api/v1/tables/{album.table.id}/records?field_keys=name")
    shown = [record["fields"]["清单"] for record in listed.json()["records"]]
    assert shown[:2] == ["发票 1%.png+合同.txt", "合同.txt"]
    assert not shown[2]


async def test_history_tells_the_names_and_undo_brings_a_removed_file_back(album: Album) -> None:
    one, two = await album.file(b"1", "一.txt"), await album.file(b"2", "二.txt")
    record = await album.record(one["id"], two["id"])
    removed = await album.put(record, two["id"])
    entries = (await album.http.get(f"/api/v1/records/{record}/history")).json()
    latest = (entries.get("entries") or entries.get("history"))[0]["changes"][0]
    assert (latest["before_text"], latest["after_text"]) == ("一.txt、二.txt", "二.txt")
    undone = await album.http.post("/api/v1/undo", json={"change": removed.json()["change"]})
    assert undone.status_code == 200, undone.text
    assert await album.cell(record) == [one, two]
    # saying the same again is no change
    assert (await album.put(record, one["id"], two["id"])).json()["change"] is None or (
        (await album.http.get(f"/api/v1/records/{record}")).json()["version"] == 3
    )


async def test_to_text_and_back(album: Album) -> None:
    made = await album.file(b"1", "一.txt")
    record = await album.record(made["id"])
    field = album.field
    asked = {"type": "text", "options": {}}
    foretold = (await album.http.post(f"/api/v1/fields/{field}/preview", json=asked)).json()
    assert foretold["examples"][0] == {"before": "一.txt", "after": "一.txt"}
    assert (await album.http.patch(f"/api/v1/fields/{field}", json=asked)).status_code == 200
    assert await album.cell(record) == "一.txt"
    back = {"type": "attachment", "options": {}}
    foretold = (await album.http.post(f"/api/v1/fields/{field}/preview", json=back)).json()
    assert foretold["unreadable"] == 1
    undone = await album.http.post(f"/api/v1/apps/{album.app_id}/undo", json={})
    assert undone.status_code == 200, undone.text
    assert await album.cell(record) == [made]


async def test_settings_that_make_no_sense(album: Album) -> None:
    for options in ({"kinds": ["exe"]}, {"max_files": 0}, {"max_size_mb": 0}, {"other": 1}):
        body: dict[str, Any] = {"name": "新", "type": "attachment", "options": options}
        assert (
            await album.http.post(f"/api/v1/tables/{album.table.id}/fields", json=body)
        ).status_code == 422
    body = {"name": "新", "type": "attachment", "default": [{"id": "fil00000000000000"}]}
    assert (await album.http.post(f"/api/v1/tables/{album.table.id}/fields", json=body)).status_code == 422


async def test_export_has_names_and_addresses(album: Album, app: Litestar, system: System) -> None:
    made = await album.file(b"1", "一.txt")
    await album.record(made["id"])
    answer = await album.http.post("/api/v1/exports", json={"table": album.table.id, "format": "csv"})
    assert f"一.txt ({system.settings.base_url}{made['url']})" in answer.content.decode("utf-8-sig")


async def test_a_look_up_shows_files_and_is_asked_by_their_names(album: Album) -> None:
    one, two, three = [await album.file(picture(), f"{n}.png") for n in ("甲", "乙", "丙")]
    first, second = await album.record(one["id"], two["id"]), await album.record(three["id"])
    empty = await album.record()
    actor = await accounts.person_actor(album.system, "lin@example.com")
    orders = await tables.create(
        album.system,
        actor,
        album.app_id,
        TableSpec(name="订单", fields=(spec("单号"), spec("照片", "link", table="照片", two_way=False))),
    )
    for name, options in (("全部照片", {}), ("最后一张", {"take": "last"})):
        await fields.create(
            album.system, actor, orders.id, spec(name, "lookup", link="照片", field="附件", **options)
        )
    body = {
        "records": [
            {"fields": {"单号": "1", "照片": [first, second, empty]}}, {"fields": {"单号": "2", "照片": [empty]}},
        ]
    }  # fmt: skip
    answer = await album.http.post(f"/api/v1/tables/{orders.id}/records?field_keys=name", json=body)
    assert answer.status_code == 200, answer.text
    full, bare = [made["id"] for made in answer.json()["records"]]
    assert await album.cell(full, "全部照片") == [one, two, three]
    assert await album.cell(full, "最后一张") == [three]
    assert await album.cell(bare, "全部照片") is None
    where = {"kind": "condition", "field": (await _now(album, orders.id)).field("全部照片").id, "op": "contains", "value": "乙"}  # fmt: skip
    found = await album.http.post(
        f"/api/v1/tables/{orders.id}/query?field_keys=name", json={"where": where, "fields": ["全部照片"]}
    )
    (record,) = found.json()["records"]
    assert names(record["fields"]["全部照片"]) == ["甲.png", "乙.png", "丙.png"]
    # the file of a look-up is the very one: it opens, and goes when it is taken away over there
    assert (await album.http.get(record["fields"]["全部照片"][0]["thumbnail_url"])).status_code == 200
    assert (await album.put(first, two["id"])).status_code == 200
    assert names(await album.cell(full, "全部照片")) == ["乙.png", "丙.png"]
    rows = (await album.http.post("/api/v1/exports", json={"table": orders.id, "format": "csv"})).text
    assert "乙.png、丙.png" in rows


async def _now(album: Album, table: str) -> Table:
    return (await album.system.catalogs.current()).table(table)
