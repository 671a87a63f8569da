"""Fixtures for every room: real PostgreSQL and Redis, started once per test process.

``database_url`` is a fresh migrated database for one test, ``module_database_url`` one for a whole module;
``redis_url`` an empty Redis; ``settings`` ties them to a temporary data folder.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
from argon2 import PasswordHasher

from runtime import secrets
from runtime.access import Actor
from runtime.settings import Settings
from runtime.system import System
from tests.support.servers import Databases, databases, redis_server, scratch_folder
from tests.support.world import World
from ui.bootstrap import build

SECRET_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="session", autouse=True)
def password_hasher() -> Iterator[PasswordHasher]:
    """The product's way to hash passwords, which this process uses with far less work: a test may make ten people.

    Servers that a test starts as processes of their own hash as the product does.
    """
    real = secrets._hasher
    secrets._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield real
    secrets._hasher = real


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """The PostgreSQL server of this test process."""
    with databases() as found:
        yield found


@pytest.fixture
def database_url(postgres: Databases) -> Iterator[str]:
    """A migrated database for one test."""
    with postgres.copy() as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres: Databases) -> Iterator[str]:
    """A migrated database for the tests of one module."""
    with postgres.copy() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: Databases) -> Iterator[str]:
    """A database in which no migration has run."""
    with postgres.empty() as url:
        yield url


@pytest.fixture(scope="session")
def redis_address() -> Iterator[str]:
    """The Redis server of this test process, not emptied; most tests want ``redis_url``."""
    with redis_server() as url:
        yield url


@pytest.fixture
def redis_url(redis_address: str) -> str:
    """A Redis with nothing in it."""
    with redis.Redis.from_url(redis_address) as client:
        client.flushall()
    return redis_address


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A temporary folder in which the embedded servers can run, also as root."""
    with scratch_folder() as folder:
        yield folder


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Settings of an installation that only this test uses."""
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        redis_url=redis_url,
        secret_key=SECRET_KEY,
        port=0,
    )


@pytest.fixture
async def system(settings: Settings) -> AsyncIterator[System]:
    """The parts of a running process, on a database and Redis of this test alone."""
    found = build(settings)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def world(system: System) -> World:
    """An empty app to draw tables in."""
    return await World.make(system)


@pytest.fixture
async def owner(system: System) -> Actor:
    """The first account of the instance, who may do everything."""
    number = await system.db.value(
        "INSERT INTO meta.person (public_id, email, name, password_hash, is_owner)"
        " VALUES ('usrOwnerOwnerOwn', 'owner@example.com', '所有者', '-', true) RETURNING id"
    )
    return Actor(kind="person", id="usrOwnerOwnerOwn", name="所有者", person=number, everywhere="owner")
