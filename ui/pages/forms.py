"""What form pages share: problems beside their fields, safe ways back, notes after a redirect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar.response import Template

from runtime.errors import HuobiaoError
from runtime.i18n import Translator


class Problems(Mapping[str, str]):
    """Sentences by field name, for templates: ``problems.email`` is "" where nothing is wrong.

    ``problems.general`` holds what belongs to no field of the form.
    """

    def __init__(self, sentences: Mapping[str, str] | None = None) -> None:
        self._sentences = dict(sentences or {})

    @classmethod
    def of(cls, error: HuobiaoError, translator: Translator, fields: tuple[str, ...]) -> Problems:
        """The problems of a refusal, for a form with ``fields``."""
        sentences: dict[str, str] = {}
        for problem in error.problems or [error.as_problem()]:
            key = problem.field if problem.field in fields else "general"
            sentences.setdefault(str(key), problem.message.text(translator))
        return cls(sentences)

    def __getitem__(self, key: str) -> str:
        return self._sentences.get(key, "")

    def __getattr__(self, key: str) -> str:
        if key.startswith("_"):
            raise AttributeError(key)
        return self[key]

    def __iter__(self) -> Any:
        return iter(self._sentences)

    def __len__(self) -> int:
        return len(self._sentences)


def form_page(
    name: str, *, status: int = 200, form: msgspec.Struct | None = None, **context: Any
) -> Template:
    """A page with a form: ``form`` (what was entered, "" for all at first) and ``problems`` are in its context."""
    context.setdefault("problems", Problems())
    return Template(name, context={"form": form, **context}, status_code=status)


def done(message: str, *, undo: str | None = None) -> dict[str, str]:
    """The header that makes the page say ``message`` after an htmx request."""
    toast = {"message": message} | ({"undo": undo} if undo else {})
    return {"HX-Trigger": json.dumps({"hb:toast": toast})}  # ASCII only, as headers must be


def safe_path(text: str | None, otherwise: str = "/") -> str:
    """``text`` if it is a path of ours to go to, else ``otherwise``: nobody is sent to another site by a link."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc or any(ord(c) < 32 for c in text) else text


def device(user_agent: str) -> tuple[str, str]:
    """Browser and system named in a ``User-Agent``, for a list of sessions: ``("Edge", "Windows")``; "" for unknown."""
    browsers = {
        "wxwork": "企业微信",
        "MicroMessenger": "微信",
        "Edg/": "Edge",
        "OPR/": "Opera",
        "Firefox/": "Firefox",
        "Chrome/": "Chrome",
        "Safari/": "Safari",
    }
    systems = {
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Android": "Android",
        "Windows": "Windows",
        "Mac OS": "macOS",
        "Linux": "Linux",
    }
    browser = next((name for mark, name in browsers.items() if mark in user_agent), "")
    system = next((name for mark, name in systems.items() if mark in user_agent), "")
    return browser, system
