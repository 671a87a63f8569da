"""An order pool in small, behind the application."""

from tests.runtime.records.conftest import pool
from tests.support.web import app, browser, client, owner, system

__all__ = ["app", "browser", "client", "owner", "pool", "system"]
