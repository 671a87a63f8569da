"""The command line: ``huobiao …``. One file per group of commands; each is imported only when it is used.

A command prints what was asked for on stdout and everything else on stderr. It ends with 0 when it did its
work; an error is one line that says why, and exit code 1 (2 for a wrong call, 130 for Ctrl-C).
``HUOBIAO_DEBUG=1`` adds the traceback.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path

import click

from runtime.errors import HuobiaoError
from runtime.i18n import N_
from ui.cli.language import _, sentence

# command -> where it is
COMMANDS = {
    "serve": "ui.cli.serve:serve",
    "web": "ui.cli.serve:web",
    "worker": "ui.cli.processes:worker",
    "scheduler": "ui.cli.processes:scheduler",
    "migrate": "ui.cli.processes:migrate",
    "user": "ui.cli.people:user",
    "token": "ui.cli.people:token",
    "template": "ui.cli.templates:template",
    "import": "ui.cli.imports:import_file",
    "formula": "ui.cli.formulas:formula",
    "backup": "ui.cli.backups:backup",
    "restore": "ui.cli.backups:restore",
    "doctor": "ui.cli.doctor:doctor",
}


class _Commands(click.Group):
    """A group whose commands are loaded when asked for, and which takes ``--data`` before or after the
    command.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, _colon, name = where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.command(cls=_Commands, help=_(N_("活表:数据表是活的自托管无代码搭建平台。")))
@click.version_option(package_name="huobiao", message="%(version)s")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help=_(N_("数据文件夹(默认 ./data,或 HUOBIAO_DATA)")),
)
@click.pass_context
def cli(ctx: click.Context, data: Path | None) -> None:
    """Entry of all commands."""
    ctx.obj = data


def main() -> None:
    """The console script: run a command and turn every error into one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Chinese also where the locale is "C"
            stream.reconfigure(encoding="utf-8")
    try:
        code = cli.main(prog_name="huobiao", standalone_mode=False)
    except click.ClickException as error:
        _tell(error.format_message())
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except HuobiaoError as error:
        if os.environ.get("HUOBIAO_DEBUG"):
            raise
        for line in _lines(error):
            _tell(line)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("HUOBIAO_DEBUG") or os.environ.get("HUOBIAO_SUPERVISOR"):
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        _tell(_(N_("出了意料之外的错误:{what}(设 HUOBIAO_DEBUG=1 再运行,可以看到细节)"), what=what))
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _lines(error: HuobiaoError) -> list[str]:
    """The sentence of an error; each of its problems when it lists several."""
    problems = [sentence(problem.message) for problem in error.problems]
    return problems if len(problems) > 1 else [sentence(error.message)]


def _tell(line: str) -> None:
    click.echo(f"huobiao: {line}", err=True)
