"""The checks of single kinds of steps: those that move stock, and send. Those over records: ``records``. Listed in ``steps``."""

from __future__ import annotations

from typing import Any

import msgspec

from builder.automation_checks.reach import Reach, reached
from builder.automation_checks.values import check_any, check_text
from builder.validation import Problems
from runtime.definitions import automations as defs
from runtime.i18n import N_


def check_stock(problems: Problems, config: Any, reach: Reach) -> Any:
    """Steps over a stock definition and the lines of the order ``of``."""
    order = reached(problems.at("of"), config.of, reach)
    problems = problems.at("stock")
    stock = next((s for s in reach.app.stocks if config.stock in (s.id, s.definition.name)), None)
    if stock is None:
        problems.add("unknown_stock", N_("选一个库存设置"), name=config.stock[:80])
        return config
    lines = reach.table(stock.definition.line_table)
    link = lines.by_id.get(stock.definition.line_order) if lines else None
    if link is not None and order is not None and getattr(link.config, "table", None) != order.id:
        problems.add(
            "stock_of_other_table",
            N_("库存「{stock}」的明细不属于「{table}」,不能在这里预占或释放"),
            stock=stock.definition.name,
            table=order.name,
        )
    return msgspec.structs.replace(config, stock=stock.id)


def check_http_post(problems: Problems, config: defs.HttpPost, reach: Reach) -> Any:
    """ "Push to an address"."""
    check_connector(problems.at("connector"), config.connector, "http_webhook", reach)
    for key, value in config.body.items():
        check_any(problems.at("body").at(key), value, reach)
    return config


def check_wecom(problems: Problems, config: defs.SendWecom, reach: Reach) -> defs.SendWecom:
    check_connector(problems.at("connector"), config.connector, "wecom_robot", reach)
    text = check_text(problems.at("text"), config.text, reach)
    if not any(not isinstance(part, str) or part.strip() for part in text.parts):
        problems.at("text").add("empty_text", N_("写下要发的内容"))
    if len(config.mention) > 100 or any(not m.strip() or len(m) > 64 for m in config.mention):
        problems.at("mention").add("bad_mention", N_("要提醒的人填企业微信账号或手机号,最多 100 个"))
    return msgspec.structs.replace(config, text=text)


def check_connector(problems: Problems, connector: str, kind: str, reach: Reach) -> None:
    found = reach.connectors.get(connector)
    if found is None:
        problems.add("unknown_connector", N_("选一个连接,还没有就先新建一个"))
    elif found != kind:
        problems.add("wrong_connector", N_("这个连接不是这种用途的,换一个"))
