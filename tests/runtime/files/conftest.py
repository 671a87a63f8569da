"""An app whose table has attachments, behind the running application, and short ways to use it as a program."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from litestar import Litestar
from PIL import Image

from builder import apps, tables
from builder.tables import TableSpec
from runtime import accounts
from runtime.catalog import Table
from runtime.definitions.tables import AppDef
from runtime.system import System
from tests.builder.conftest import spec
from tests.support.web import PASSWORD, app, owner, program, system

__all__ = ["app", "owner", "system"]


def picture(width: int = 40, height: int = 30, kind: str = "PNG", **given: Any) -> bytes:
    """A picture with something on it."""
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.save(out, kind, **given)
    return out.getvalue()


@dataclass
class Album:
    """A program that may edit a table with attachments."""

    http: httpx.AsyncClient
    system: System
    app_id: str
    table: Table

    @property
    def field(self) -> str:
        return self.table.field("附件").id

    async def send(
        self, content: bytes, name: str, *, field: str | None = None, http: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        """Upload, and answer as it came."""
        return await (http or self.http).post(
            f"/api/v1/fields/{field or self.field}/files", params={"name": name}, content=content
        )

    async def file(self, content: bytes, name: str, **given: Any) -> dict[str, Any]:
        """Upload a file that is taken."""
        answer = await self.send(content, name, **given)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def create(self, *files: Any, table: Table | None = None, field: str = "附件") -> httpx.Response:
        """Make a record with these files."""
        body = {"records": [{"fields": {field: list(files)}}]}
        return await self.http.post(
            f"/api/v1/tables/{(table or self.table).id}/records?field_keys=name", json=body
        )

    async def record(self, *files: Any, **given: Any) -> str:
        """Make a record with these files that is taken; its id."""
        answer = await self.create(*files, **given)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["records"][0]["id"])

    async def put(self, record: str, *files: Any, field: str = "附件") -> httpx.Response:
        """Set the files of a record."""
        body = {"records": [{"id": record, "fields": {field: list(files)}}]}
        return await self.http.patch(f"/api/v1/tables/{self.table.id}/records?field_keys=name", json=body)

    async def cell(self, record: str, field: str = "附件") -> Any:
        """The files of a record."""
        answer = await self.http.get(f"/api/v1/records/{record}?field_keys=name")
        assert answer.status_code == 200, answer.text
        return answer.json()["fields"][field]


async def outsider(app: Litestar, system: System, name: str, **roles: Any) -> httpx.AsyncClient:
    """A program of somebody else with these roles by app."""
    email = f"{name}@example.com"
    person = await accounts.create_user(system, email=email, name=name, password=PASSWORD)
    for app_id, role in roles.items():
        await accounts.set_role(system, await _owner(system), app_id, person.id, role)
    return await program(app, email)


async def _owner(system: System) -> Any:
    return await accounts.person_actor(system, "lin@example.com")


@pytest.fixture
async def album(app: Litestar, system: System, owner: accounts.Person) -> AsyncIterator[Album]:
    """An app with 照片(名称, 附件, 图片) and the owner's program."""
    actor = await _owner(system)
    made = await apps.create(system, actor, AppDef(name="相册"))
    table = await tables.create(
        system,
        actor,
        made.id,
        TableSpec(
            name="照片",
            fields=(
                spec("名称"),
                spec("附件", "attachment"),
                spec("图片", "attachment", kinds=["image"], max_files=2, max_size_mb=1),
            ),
        ),
    )
    async with await program(app, owner.email) as http:
        yield Album(http, system, made.id, table)
