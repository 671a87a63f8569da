"""Tests of pages and of what every request passes run against the application itself."""

from tests.support.web import app, browser, client, owner, system

__all__ = ["app", "browser", "client", "owner", "system"]
