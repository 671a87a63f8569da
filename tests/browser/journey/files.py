"""The files of the journey: orders as a shop's system exports them, and real ones where this machine has them."""

from __future__ import annotations

import csv
import warnings
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

HEADER = "平台单号,渠道来源,客户手机号,下单时间,应付金额,实付金额,订单状态,收货地址,快递单号,备注"
GOOD, BAD = 40, 3
# public order data beside the checkout; not part of the product, so a machine may be without it
SHARED = Path(__file__).parents[4] / "shared" / "data"
TMALL = SHARED / "tmall_order_report.csv"
TMALL_ROWS = 28_010
WORKBOOK_ROWS = 1_500


def orders_csv(path: Path) -> Path:
    """43 orders of the last weeks in GBK: 40 that can come in; a phone, an amount and a date of three others cannot be."""
    channels = ("淘宝", "拼多多", "抖音", "微信小店")
    states = ("已支付", "已支付", "待支付", "已发货", "已完成")
    today = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [HEADER]
    for n in range(1, GOOD + 1):
        phone = "13805716621" if n % 4 == 1 else f"1390000{n:04}"
        remark = "易皱,加硬板" if n == 1 else ("易碎 当天发" if n % 7 == 0 else "")
        when = today - timedelta(days=2 + n % 28) + timedelta(hours=8 + n % 12, minutes=n)
        row = (
            f"TB{n:06}", channels[n % 4], phone, f"{when:%Y-%m-%d %H:%M}", f'"¥1,{n:03}.00"', f"{39 + n}.90",
            states[n % 5 if n > 5 else 0], f"浙江省杭州市西湖区文三路 {n} 号", waybill(n), f'"{remark}"',
        )  # fmt: skip
        lines.append(",".join(row))
    lines.append("TB900001,淘宝,1380571,2026-10-03 09:00,88,88,已支付,杭州,SF900001,")
    lines.append("TB900002,抖音,13805716623,2026-10-03 09:00,八十八,88,已支付,杭州,SF900002,")
    lines.append("TB900003,抖音,13805716624,2026-13-45 09:00,88,88,已支付,杭州,SF900003,")
    path.write_bytes(("\n".join(lines) + "\n").encode("gb18030"))
    return path


def waybill(n: int) -> str:
    """The waybill of the n-th order."""
    return f"SF{1234567890000 + n}"


def real_orders(folder: Path) -> tuple[Path, int]:
    """A month of a shop's orders as CSV, and how many: real ones, or, on a machine without them, as many lines made up."""
    if TMALL.exists():
        return TMALL, TMALL_ROWS
    warnings.warn(
        f"{TMALL} is not on this machine: step 3 imports made-up orders of that shape", stacklevel=2
    )
    path = folder / "tmall_order_report.csv"
    lines = ["订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额"]
    for n in range(1, TMALL_ROWS + 1):
        day = f"2020-02-{1 + n % 29:02} {n % 24:02}:{n % 60:02}"
        paid = f"{day}:30" if n % 7 else ""
        lines.append(f"{n},{20 + n % 300}.5,{20 + n % 300 if paid else 0}.0,浙江省,{day}:00,{paid},0.0")
    path.write_text("\r\n".join(lines) + "\r\n", "utf-8")
    return path, TMALL_ROWS


def workbook(path: Path, source: Path) -> Path:
    """The first orders of ``source`` saved as an Excel workbook, as people do: a title above, amounts and times as such."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[: WORKBOOK_ROWS + 1]
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("二月订单")
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    money = book.add_format({"num_format": "¥#,##0.00"})
    sheet.merge_range(0, 0, 0, len(rows[0]) - 1, "天猫二月订单(运营导出)")
    sheet.write_row(1, 0, rows[0])
    for number, row in enumerate(rows[1:], 2):
        for column, text in enumerate(row):
            if column in (1, 2, 6):
                sheet.write_number(number, column, float(text), money)
            elif column in (4, 5) and text:
                sheet.write_datetime(number, column, datetime.fromisoformat(text), moment)
            else:
                sheet.write_string(number, column, text)
    book.close()
    return path
