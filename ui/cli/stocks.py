"""``huobiao doctor --stock-check``: every stock's ledger, balances and reservations compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from runtime.i18n import N_
from ui.cli.language import _, sentence
from ui.cli.options import with_system

if TYPE_CHECKING:
    from runtime.system import System


def stock_check(data_dir: Path | None, *, as_json: bool) -> int:
    """Examine every stock and say what does not add up. 0: all do; else 1."""

    async def work(system: System) -> int:
        from ui.operations.stock_findings import reports

        found = await reports(system.db)
        wrong = sum(len(report.differences) for report in found)
        if as_json:
            answer = {
                "ok": not wrong,
                "stocks": [
                    {
                        "id": report.stock.id,
                        "name": report.stock.definition.name,
                        "app": report.app,
                        "differences": [
                            {
                                "code": one.code,
                                "record": one.record,
                                "message": sentence(one.message),
                                "advice": sentence(one.advice),
                            }
                            for one in report.differences
                        ],
                    }
                    for report in found
                ],
            }
            click.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
            return 1 if wrong else 0
        for report in found:
            name = f"{report.app} / {report.stock.definition.name}"
            if not report.differences:
                click.echo(_(N_("✓ {name}:流水、结存和占用都对得上"), name=name))
            for one in report.differences:
                click.echo(f"✗ {name}: {sentence(one.message)}")
            for advice in dict.fromkeys(sentence(one.advice) for one in report.differences):
                click.echo(f"  → {advice}")
        if not found:
            click.echo(_(N_("还没有库存设置")))
        return 1 if wrong else 0

    return with_system(data_dir, "doctor", work)
