"""The files of the journey: orders as a shop's system exports them, a label to hold before a camera."""

from __future__ import annotations

import io
from pathlib import Path

import barcode
from PIL import Image

HEADER = "平台单号,渠道来源,客户手机号,下单时间,应付金额,实付金额,订单状态,收货地址,快递单号,备注"
GOOD, BAD = 40, 3


def orders_csv(path: Path) -> Path:
    """43 orders in GBK: 40 that can come in, and three with a phone, an amount and a state that cannot be."""
    channels = ("淘宝", "拼多多", "抖音", "微信小店")
    states = ("已支付", "已支付", "待支付", "已发货", "已完成")
    lines = [HEADER]
    for n in range(1, GOOD + 1):
        phone = "13805716621" if n % 4 == 1 else f"1390000{n:04}"
        paid = f"{39 + n}.90"
        remark = "易皱,加硬板" if n == 1 else ("易碎 当天发" if n % 7 == 0 else "")
        when = f"2026-10-{1 + n % 28:02} {8 + n % 12:02}:{n % 60:02}"
        row = (
            f"TB{n:06}", channels[n % 4], phone, when, f'"¥1,{n:03}.00"', paid, states[n % 5 if n > 5 else 0],
            f"浙江省杭州市西湖区文三路 {n} 号", f"SF{1234567890000 + n}", f'"{remark}"',
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


def film(path: Path, code: str) -> Path:
    """A film of a parcel's label for Chromium's fake camera (baseline JPEGs one after another)."""
    bits = barcode.get("code128", code).build()[0]
    bars = Image.new("L", ((len(bits) + 20) * 4, 220), 255)
    for index, bit in enumerate(bits):
        if bit == "1":
            bars.paste(0, ((index + 10) * 4, 0, (index + 11) * 4, 220))
    picture = Image.new("L", (1280, 720), 120)
    picture.paste(250, (90, 50, 1190, 670))
    picture.paste(bars, ((1280 - bars.width) // 2, 250))
    frame = io.BytesIO()
    picture.convert("RGB").save(frame, "JPEG", quality=85)
    path.write_bytes(frame.getvalue() * 10)
    return path
