"""What is imported is declared, and what is declared is locked: a fresh machine gets everything."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.command import ROOT

TOOLS = "ui/build/"  # run by developers, not by the product
OURS = {"builder", "migrations", "runtime", "templates_market", "tests", "benchmarks", "ui"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {
    name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()
}


def imported(*folders: str) -> Iterator[tuple[str, str]]:
    """(file, top-level module) of every absolute import below ``folders``."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    names = [node.module]
                else:
                    continue
                for name in names:
                    yield path.relative_to(ROOT).as_posix(), name.partition(".")[0]


def undeclared(declared: set[str], *folders: str, without: str = "-") -> set[str]:
    """Imports below ``folders``, but not below ``without``, that no declared distribution brings."""
    brought = packages_distributions()
    missing = set()
    for file, module in imported(*folders):
        if module in OURS or module in sys.stdlib_module_names or file.startswith(without):
            continue
        if not {canonicalize_name(name) for name in brought.get(module, [])} & declared:
            missing.add(f"{module} ({file})")
    return missing


def names_of(requirements: list[Requirement]) -> set[str]:
    """The distributions' names, and those of extras that name a package of their own (``litestar[brotli]``)."""
    return {canonicalize_name(one.name) for one in requirements} | {
        extra for one in requirements for extra in one.extras
    }


def locked(file: str) -> dict[str, tuple[str, Marker | None]]:
    """Version and marker of each package of a lock file; every one has hashes."""
    found = {}
    text = (ROOT / file).read_text()
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        line = re.match(r"([a-z0-9._-]+)==(\S+)(?: ; (.+?))? \\\n", entry)
        if line:
            assert "--hash=sha256:" in entry, line.group(1)
            marker = Marker(line.group(3)) if line.group(3) else None
            found[canonicalize_name(line.group(1))] = (line.group(2), marker)
    return found


def test_what_the_product_imports_is_declared() -> None:
    folders = ("builder", "migrations", "runtime", "templates_market", "ui")
    assert not undeclared(names_of(RUNTIME), *folders, without=TOOLS)


def test_what_tests_and_tools_import_is_declared() -> None:
    everything = names_of([*RUNTIME, *(one for group in EXTRAS.values() for one in group)])
    assert not undeclared(everything, "tests", "benchmarks", "docs", TOOLS)


@pytest.mark.parametrize(
    ("file", "requirements"),
    [
        ("requirements.lock", [*RUNTIME, *EXTRAS["setup"]]),
        ("requirements-assets.lock", EXTRAS["assets"]),
        ("requirements-dev.lock", [*RUNTIME, *(one for group in EXTRAS.values() for one in group)]),
    ],
)
def test_the_locks_hold_what_is_declared(file: str, requirements: list[Requirement]) -> None:
    """Else: ``make lock``."""
    pins = locked(file)
    for wanted in requirements:
        assert canonicalize_name(wanted.name) in pins, wanted
        version, _marker = pins[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), wanted


def test_the_locks_agree_and_name_no_index_or_file() -> None:
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: pin[0] for name, pin in runtime.items()}.items() <= {
        n: p[0] for n, p in development.items()
    }.items()
    for file in ("requirements.lock", "requirements-dev.lock", "requirements-assets.lock"):
        assert not re.search(r"file:|https?:|--index|--find-links|@ ", (ROOT / file).read_text())
