"""The order pool of the storm, made through the HTTP API: the template, ten channels, a warehouse, a cash book."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

CHANNELS = ("淘宝", "拼多多", "抖音", "微信", "线下", "京东", "快手", "小红书", "1688", "有赞")
PENDING, PAID, CHECKING, SHIPPED, CLOSED = 1, 2, 3, 4, 6
STATES = {"待支付": PENDING, "已支付": PAID, "审核中": CHECKING, "已发货": SHIPPED, "已关闭": CLOSED}
MOVES = {(1, 2), (1, 6), (2, 3), (2, 6), (3, 4), (3, 6), (3, 2), (4, 5), (4, 7), (5, 7), (7, 5), (7, 6)}
"""The transitions of the template's machine."""
SHELVES = 40


@dataclass
class Market:
    """What the storm needs to know: public ids by name, and the numbers that name physical tables and columns."""

    app: str
    tables: dict[str, str]
    automations: dict[str, str] = field(default_factory=dict)
    shelves: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    links: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def records(self, table: str) -> str:
        """The address of a table's records, fields by name."""
        return f"/api/v1/tables/{self.tables[table]}/records?field_keys=name"

    def sql(self, table: str) -> str:
        """The physical table."""
        return f"data.t{self.numbers[self.tables[table]]}"

    def column(self, table: str, name: str) -> str:
        """The physical column of a field."""
        return f"f{self.numbers[self.fields[table][name]]}"

    def link(self, table: str, name: str) -> tuple[str, str, str]:
        """A link's physical table, its column for this table's rows, and its column for the other table's."""
        return self.links[self.fields[table][name]]


class Builder:
    """Draws a market; every call must succeed."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "zh"},
            timeout=60,
        )

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """An API call."""
        answer = self._http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text[:800])
        return answer.json() if answer.content else None

    def draw(self, *, stock: int, robot_url: str, crier_url: str, warehouse_url: str) -> Market:
        """The template with ``stock`` pieces on each shelf, its robot bound, its automations on (but for the one about orders
        alike), and two more effects: a payment makes an entry in the cash book, an order that got its stock is told to the
        warehouse.

        New orders are cried by a robot of their own: one takes 20 messages a minute, and alarms should not wait for them.
        """
        made = self.call(
            "POST", "/templates/order-pool/install", {"app_name": "订单中枢", "with_records": False}
        )
        market = Market(made["app"], {})
        self._tables(market)
        self._channels(market)
        (robot,) = self.call("GET", f"/apps/{market.app}/connectors")["connectors"]
        self.call("PATCH", f"/connectors/{robot['id']}", {"settings": {"webhook_url": robot_url}})
        hook = {"kind": "http_webhook", "name": "仓库", "settings": {"url": warehouse_url}}
        warehouse = self.call("POST", f"/apps/{market.app}/connectors", hook)["id"]
        robot = {"kind": "wecom_robot", "name": "播报", "settings": {"webhook_url": crier_url}}
        crier = self.call("POST", f"/apps/{market.app}/connectors", robot)["id"]
        self._automations(market, warehouse, crier)
        shelves = [
            {"fields": {"库存编码": f"SKU-{n:02d}", "库位编码": f"A区-{n:02d}架", "在库数量": stock}}
            for n in range(SHELVES)
        ]
        stored = self.call("POST", market.records("库存").removeprefix("/api/v1"), {"records": shelves})
        market.shelves = [record["id"] for record in stored["records"]]
        return market

    def _tables(self, market: Market) -> None:
        book = {
            "name": "收款流水",
            "fields": [{"name": "单号", "type": "text"}, {"name": "金额", "type": "currency"}],
        }
        self.call("POST", f"/apps/{market.app}/tables", book)
        for table in self.call("GET", f"/apps/{market.app}")["tables"]:
            market.tables[table["name"]] = table["id"]
            drawn = self.call("GET", f"/tables/{table['id']}")
            market.fields[table["name"]] = {one["name"]: one["id"] for one in drawn["fields"]}

    def _channels(self, market: Market) -> None:
        options = {"choices": [{"name": name} for name in CHANNELS]}
        self.call("PATCH", f"/fields/{market.fields['主订单池']['渠道来源']}", {"options": options})

    def _automations(self, market: Market, warehouse: str, crier: str) -> None:
        orders = market.fields["主订单池"]
        found = self.call("GET", f"/apps/{market.app}/automations")["automations"]
        market.automations = {one["name"]: one["id"] for one in found}
        reserve = next(one for one in found if one["name"] == "审核与库存预占")
        got_all = reserve["steps"][1]["config"]["arms"][1]
        got_all["steps"].append(
            {
                "id": "stpWarehouse",
                "name": "通知仓库",
                "config": {
                    "kind": "http_post",
                    "connector": warehouse,
                    "body": {"order": {"kind": "field", "field": "$id"}},
                },
            }
        )
        self.call("PATCH", f"/automations/{reserve['id']}", {"steps": reserve["steps"]})
        # whether two orders are alike depends on when it is asked, so nobody could say here which runs are due
        alike = market.automations.pop("疑似同一客户")
        self.call("PATCH", f"/automations/{alike}", {"enabled": False})
        cry = next(one for one in found if one["name"] == "新订单播报")
        cry["steps"][0]["config"]["connector"] = crier
        self.call("PATCH", f"/automations/{cry['id']}", {"steps": cry["steps"], "enabled": True})
        book = market.fields["收款流水"]
        entry = {
            "kind": "create_record",
            "table": market.tables["收款流水"],
            "set": [
                {"field": book["单号"], "value": {"kind": "field", "field": orders["平台单号"]}},
                {"field": book["金额"], "value": {"kind": "field", "field": orders["实付金额"]}},
            ],
        }
        trigger = {
            "kind": "state_moved",
            "table": market.tables["主订单池"],
            "field": orders["订单状态"],
            "sources": [PENDING],
            "targets": [PAID],
        }
        steps = [{"id": "stpBook", "name": "记一笔", "config": entry}]
        body = {"name": "收款记账", "enabled": True, "trigger": trigger, "steps": steps}
        made = self.call("POST", f"/apps/{market.app}/automations", body)
        market.automations["收款记账"] = made["id"]
