"""Matching columns to the fields of a table."""

from __future__ import annotations

import msgspec

from runtime.records.imports.cells import SourceRow
from runtime.records.imports.guess import guess_columns
from runtime.records.imports.match import match_columns


class Field(msgspec.Struct, frozen=True):
    """As much of a field as matching looks at."""

    id: str
    name: str
    type: str


def pool(*fields: tuple[str, str]) -> list[Field]:
    return [Field(f"fld{index}", name, kind) for index, (name, kind) in enumerate(fields)]


ORDER_POOL = pool(
    ("订单ID", "auto_number"),
    ("订单号", "text"),
    ("渠道来源", "single_select"),
    ("客户手机号", "phone"),
    ("下单时间", "datetime"),
    ("付款时间", "datetime"),
    ("应付金额", "currency"),
    ("实付金额", "currency"),
    ("订单状态", "single_select"),
    ("收货地址", "text"),
    ("备注", "long_text"),
    ("订单明细数", "rollup"),
)


def matched(
    headers: list[str], cells: list[str] | None = None, fields: list[Field] = ORDER_POOL
) -> dict[str, str | None]:
    guesses = guess_columns(headers, [SourceRow(2, tuple(cells))] * 3) if cells else []
    names = {field.id: field.name for field in fields}
    matches = match_columns(headers, guesses, fields)
    assert [match.column for match in matches] == list(range(len(headers)))
    assert all(match.reason.text() for match in matches)
    return {headers[match.column]: names.get(match.field or "") for match in matches}


def test_the_columns_of_a_tmall_report_find_their_fields() -> None:
    headers = [
        "订单编号",
        "总金额",
        "买家实际支付金额",
        "收货地址",
        "订单创建时间",
        "订单付款时间",
        "退款金额",
    ]
    assert matched(
        headers, ["1", "178.8", "0.0", "上海", "2020-02-21 00:00:00", "2020-02-21 00:00:00", "0.0"]
    ) == {
        "订单编号": "订单号",
        "总金额": "应付金额",
        "买家实际支付金额": "实付金额",
        "收货地址": "收货地址",
        "订单创建时间": "下单时间",
        "订单付款时间": "付款时间",
        "退款金额": None,
    }


def test_english_headers_find_chinese_fields_and_the_other_way_round() -> None:
    assert matched(["order_id", "orderStatus", "Phone", "Remarks"]) == {
        "order_id": "订单号",
        "orderStatus": "订单状态",
        "Phone": "客户手机号",
        "Remarks": "备注",
    }
    english = pool(("Order No.", "text"), ("Paid amount", "currency"))
    assert matched(["订单编号", "实付款"], fields=english) == {
        "订单编号": "Order No.",
        "实付款": "Paid amount",
    }


def test_units_and_blanks_in_a_name_do_not_matter() -> None:
    assert matched(["实付金额(元)", " 收货 地址 ", "客户手机号(必填)"]) == {
        "实付金额(元)": "实付金额",
        " 收货 地址 ": "收货地址",
        "客户手机号(必填)": "客户手机号",
    }


def test_each_field_is_given_once_to_the_best_column() -> None:
    assert matched(["手机", "客户手机号", "收件人电话"]) == {
        "手机": None,
        "客户手机号": "客户手机号",
        "收件人电话": None,
    }


def test_calculated_and_automatic_fields_are_never_proposed() -> None:
    assert matched(["订单ID", "订单明细数"])["订单明细数"] is None
    assert matched(["订单ID"], fields=pool(("订单ID", "auto_number"))) == {"订单ID": None}


def test_a_name_alike_is_good_enough_but_says_so() -> None:
    (match,) = match_columns(["客户的收货地址"], [], ORDER_POOL)
    assert match.field is not None
    assert 0.5 <= match.score < 0.95


def test_different_things_of_similar_names_are_kept_apart() -> None:
    assert matched(["退款金额", "发货时间", "客户姓名"]) == {
        "退款金额": None,
        "发货时间": None,
        "客户姓名": None,
    }


def test_content_that_does_not_suit_the_field_lowers_the_score() -> None:
    fields = pool(("实付金额", "currency"))
    headers = ["实付金额"]
    good = match_columns(headers, guess_columns(headers, [SourceRow(2, ("12.5",))]), fields)[0]
    bad = match_columns(headers, guess_columns(headers, [SourceRow(2, ("2026-01-15",))]), fields)[0]
    assert good.score == 1.0
    assert bad.score < good.score
    assert "请核对" in bad.reason.text()


def test_a_lone_column_of_phones_finds_the_lone_phone_field() -> None:
    assert matched(["列 1", "订单号"], ["13800138000", "A1"])["列 1"] == "客户手机号"


def test_a_strange_column_stays_without_a_field() -> None:
    (match,) = match_columns(["神秘代码"], [], ORDER_POOL)
    assert (match.field, match.score) == (None, 0.0)
