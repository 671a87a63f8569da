"""``huobiao doctor`` on the template's stock: it adds up, and what a hand in the database did is said in words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import asyncpg

from tests.conftest import SECRET_KEY
from tests.support.command import huobiao


def test_doctor_examines_every_stock(module_database_url: str, redis_address: str, tmp_path: Path) -> None:
    variables = {
        "HUOBIAO_DATABASE_URL": module_database_url,
        "HUOBIAO_REDIS_URL": redis_address,
        "HUOBIAO_SECRET_KEY": SECRET_KEY,
    }

    def run(*words: str) -> tuple[int, str]:
        done = huobiao(*words, data=tmp_path / "data", variables=variables)
        return done.returncode, done.stdout

    assert (
        run("user", "create", "--email", "owner@example.com", "--password", "a-long-enough-secret-1")[0] == 0
    )
    assert run("template", "install", "order-pool")[0] == 0
    assert run("doctor", "--stock-check") == (0, "✓ 订单中枢 / 库存:流水、结存和占用都对得上\n")

    async def meddle() -> str:
        connection = await asyncpg.connect(module_database_url)
        rule = await connection.fetchrow("SELECT * FROM meta.stock_rule")
        assert rule is not None
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(
                f"UPDATE data.t{rule['table_id']} SET f{rule['on_hand']} = f{rule['on_hand']} + 7 WHERE id = 1"
            )
        await connection.close()
        return ""

    asyncio.run(meddle())
    code, said = run("doctor", "--stock-check", "--json")
    (stock,) = json.loads(said)["stocks"]
    (difference,) = stock["differences"]
    assert (code, difference["code"]) == (1, "balance")
    assert difference["message"].startswith("「CS001-红-S」在库 10、预占 0,流水加起来是 3、0")
    assert difference["advice"].startswith("到应用设置里打开库存设置再保存一次")
    told = run("doctor", "--stock-check")[1]
    assert "CS001-红-S" in told
    assert f"  → {difference['advice']}\n" in told
    report = json.loads(run("doctor", "--json")[1])
    (check,) = [one for one in report["checks"] if one["subject"] == "库存「库存」"]
    assert (check["status"], difference["message"] in check["found"]) == ("fail", True)
