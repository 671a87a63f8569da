"""The deployment's files, as far as they can be checked without an engine: what they name exists and fits together."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from runtime.settings import VARIABLES, load_settings
from tests.support.command import ROOT

COMPOSE = ROOT / "docker-compose.yml"
OURS = {"web", "worker", "scheduler", "migrate"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file with its anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def variables_of(text: str) -> dict[str, str]:
    """Each ``${NAME…}`` with what follows the name."""
    return dict(re.findall(r"\$\{([A-Z0-9_]+)([^}]*)\}", text))


def test_the_parts_of_a_deployment_are_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == OURS | {"postgres", "redis", "proxy"}
    assert compose["services"]["postgres"]["image"].startswith("postgres:18")
    commands = {name: compose["services"][name]["command"][0] for name in OURS}
    assert commands == {name: name for name in OURS}


def test_only_the_proxy_can_be_reached_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if service.get("ports")] == ["proxy"]


def test_who_is_waited_for_exists_and_can_meet_the_condition(compose: dict[str, Any]) -> None:
    dockerfile_checks = "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    for service in compose["services"].values():
        for name, how in service.get("depends_on", {}).items():
            other = compose["services"][name]
            if how["condition"] == "service_healthy":
                assert "test" in other.get("healthcheck", {}) or (name in OURS and dockerfile_checks), name
            elif how["condition"] == "service_completed_successfully":
                assert other["restart"] == "no"


def test_volumes_are_declared_and_files_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_file(), source
            else:
                assert source in compose["volumes"], source


def test_our_processes_are_confined(compose: dict[str, Any]) -> None:
    for name in OURS:
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["init"] is True
    assert re.search(r"^USER huobiao$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_secrets_are_demanded_not_written_down(compose: dict[str, Any]) -> None:
    found = variables_of(COMPOSE.read_text())
    for name in ("POSTGRES_PASSWORD", "HUOBIAO_SECRET_KEY"):
        assert found[name].startswith(":?"), name
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if re.match(r"[A-Z0-9_]+=", line)
    )
    assert example["POSTGRES_PASSWORD"] == ""
    assert example["HUOBIAO_SECRET_KEY"] == ""


def test_every_variable_is_in_the_example_or_has_a_default() -> None:
    example = re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    used = {**variables_of(COMPOSE.read_text()), **variables_of((ROOT / "deploy/Caddyfile").read_text())}
    for name, rest in used.items():
        assert name in example or rest.startswith(":-"), name
    assert set(example) <= set(used), "the example names a variable that nobody reads"


def test_the_settings_given_to_our_processes_are_understood(compose: dict[str, Any]) -> None:
    values = {"POSTGRES_PASSWORD": "p", "HUOBIAO_SECRET_KEY": "A" * 44}
    given = compose["services"]["web"]["environment"]
    environ = {
        name: re.sub(
            r"\$\{([A-Z0-9_]+)(?::[-?]([^}]*))?\}",
            lambda found: values.get(found[1], found[2] or ""),
            str(value),
        )
        for name, value in given.items()
    }
    assert set(environ) <= {variable.name for variable in VARIABLES}
    settings = load_settings(environ)
    assert settings.secure_cookies
    assert settings.database_url == "postgresql://huobiao:p@postgres:5432/huobiao"
    assert [str(network) for network in settings.trusted_proxies] == ["172.30.87.0/24"]


def test_what_the_image_copies_exists_and_is_sent_to_the_engine() -> None:
    allowed = [
        line[1:].rstrip("/")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    copied = re.findall(r"^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for line in copied:
        for source in line.split()[:-1]:
            path = source.removeprefix("./")
            assert (ROOT / path).exists(), path
            assert any(fnmatch(path, pattern) for pattern in allowed), path


@pytest.mark.skipif(not shutil.which("docker"), reason="no docker client")
def test_the_compose_file_is_accepted_by_docker(tmp_path: Path) -> None:
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("this docker client has no compose")
    env = tmp_path / "env"
    env.write_text("POSTGRES_PASSWORD=x\nHUOBIAO_SECRET_KEY=y\n")
    done = subprocess.run(
        ["docker", "compose", "--env-file", env, "-f", COMPOSE, "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_package_carries_everything_that_is_not_python(tmp_path: Path) -> None:
    """What ``pip install .`` in the image puts in place, from what the engine is sent."""
    context = tmp_path / "context"
    for name in ("builder", "migrations", "runtime", "templates_market", "ui"):
        shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, context / name)
    build = "import setuptools.build_meta as b; print(b.build_wheel('.'))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=context, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(context / done.stdout.splitlines()[-1]) as wheel:
        packed = set(wheel.namelist())
    for pattern in (
        "ui/templates/**/*.html",
        "ui/locale/**/*.po",
        "ui/static/*",
        "templates_market/templates/**/*.yaml",
        "migrations/versions/*.py",
    ):
        sources = [path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern) if path.is_file()]
        assert sources, pattern
        assert not [source for source in sources if source not in packed], pattern
