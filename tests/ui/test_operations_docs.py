"""The page for administrators says what is true."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module

from runtime.settings import VARIABLES
from tests.support.command import ROOT
from ui.cli import COMMANDS, cli
from ui.operations import settings_table

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_one_in_the_code() -> None:
    assert settings_table.written(PAGE) == PAGE, "run: python -m ui.operations.settings_table"


def test_every_variable_and_command_that_is_named_exists() -> None:
    of_compose = set(re.findall(r"^(HUOBIAO_[A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    known = {variable.name for variable in VARIABLES} | of_compose | {"HUOBIAO_DEBUG"}
    assert set(re.findall(r"HUOBIAO_[A-Z0-9_]+", PAGE)) <= known
    used = set(re.findall(r"huobiao ([a-z]+)", PAGE)) - {"with"}
    assert used <= set(COMMANDS)


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(one for group in project["optional-dependencies"].values() for one in group),
    ]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    for line in wanted:
        name = re.match(r"[A-Za-z0-9-]+", line).group().lower()  # type: ignore[union-attr]
        assert name in page or (name.startswith("types-") and "types-*" in page), name


def test_every_command_says_what_it_does() -> None:
    for name, where in COMMANDS.items():
        module, _colon, attribute = where.partition(":")
        command = getattr(import_module(module), attribute)
        assert cli.get_command(None, name) is command  # type: ignore[arg-type]
        assert command.help, name
