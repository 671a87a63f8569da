"""``huobiao doctor``: what this installation stands on, and what is wrong with it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import click
import msgspec

from runtime.errors import HuobiaoError
from runtime.i18n import N_, Message
from runtime.services import DataFolder, services_for
from runtime.settings import Settings
from ui.cli.language import _, sentence
from ui.cli.options import data_option, settings_of
from ui.operations import examination, stock_findings
from ui.operations.examination import Finding

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


@click.command(help=_(N_("检查运行环境,说明哪里有问题、怎么办;有严重问题时退出码是 1。")))
@click.option("--json", "as_json", is_flag=True, help=_(N_("输出 JSON")))
@click.option(
    "--recompute-check",
    is_flag=True,
    help=_(N_("只做这件事:把所有存着的计算值重算一遍,报告不一致的;有差异时退出码是 1。")),
)
@click.option("--repair", is_flag=True, help=_(N_("和 --recompute-check 一起用:把不一致的值写对。")))
@click.option(
    "--stock-check",
    is_flag=True,
    help=_(N_("只做这件事:核对每套库存的流水、结存和占用;有对不上的地方时退出码是 1。")),
)
@data_option
def doctor(
    data_dir: Path | None, as_json: bool, recompute_check: bool, repair: bool, stock_check: bool
) -> int:
    """Examine everything and report."""
    if repair and not recompute_check:
        raise click.UsageError(_(N_("--repair 要和 --recompute-check 一起用")))
    if recompute_check:
        from ui.cli import recompute

        return recompute.recompute_check(data_dir, as_json=as_json, repair=repair)
    if stock_check:
        from ui.cli import stocks

        return stocks.stock_check(data_dir, as_json=as_json)
    settings = settings_of(data_dir)
    findings = [
        *examination.machine(settings),
        *examination.configuration(settings, os.environ),
        examination.serving(settings),
        asyncio.run(examination.attachments(settings)),
        *_servers(settings),
    ]
    rows = examination.settings_in_force(settings, os.environ)
    if as_json:
        click.echo(_json(findings, rows))
    else:
        _print(findings, rows)
    return 1 if any(finding.status == "fail" for finding in findings) else 0


def _servers(settings: Settings) -> list[Finding]:
    """PostgreSQL and Redis: the given ones, a running serve's, or the embedded ones started for a moment."""
    embedded = not (settings.database_url and settings.redis_url)
    if embedded and not DataFolder(settings.data_dir).postgres.exists():
        found = Message(N_("还没有建立,第一次 serve 时会自动建立"))
        return [Finding(Message("PostgreSQL / Redis"), "ok", found)]
    try:
        with services_for(settings, "doctor", wait_seconds=10) as running:
            return [
                *asyncio.run(examination.database(running.database_url or "")),
                *asyncio.run(stock_findings.stocks(running.database_url or "")),
                examination.message_server(running.redis_url or ""),
            ]
    except HuobiaoError as error:
        return [Finding(Message("PostgreSQL / Redis"), "fail", error.message)]


def _json(findings: list[Finding], rows: list[dict[str, str]]) -> str:
    report: dict[str, Any] = {
        "ok": all(finding.status != "fail" for finding in findings),
        "checks": [
            {
                "subject": sentence(finding.subject),
                "status": finding.status,
                "found": sentence(finding.found),
                "advice": sentence(finding.advice) if finding.advice else None,
            }
            for finding in findings
        ],
        "settings": [{**row, "given": bool(row["given"]), "meaning": _(row["meaning"])} for row in rows],
    }
    return msgspec.json.format(msgspec.json.encode(report)).decode()


def _print(findings: list[Finding], rows: list[dict[str, str]]) -> None:
    for finding in findings:
        mark, colour = _MARKS[finding.status]
        click.echo(f"{click.style(mark, fg=colour)} {sentence(finding.subject)}: {sentence(finding.found)}")
        if finding.advice and finding.status != "ok":
            click.echo(f"  → {sentence(finding.advice)}")
    click.echo()
    click.echo(_(N_("配置(* 表示是设定的,其余是默认值):")))
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        star = "*" if row["given"] else " "
        click.echo(f"{star} {row['name'].ljust(width)}  {row['value'] or '-'}  ({_(row['meaning'])})")
