"""In which language the caller reads: their setting, else the device's cookie, else ``Accept-Language``."""

from __future__ import annotations

from typing import Any

from litestar.connection import Request
from litestar.di import NamedDependency

from runtime.i18n import Translator
from runtime.system import System
from ui.reader import Reader, reader_of


def provide_reader(request: Request[Any, Any, Any]) -> Reader:
    """``reader: Reader`` of page handlers."""
    return reader_of(request.scope, request.cookies, request.headers.get("accept-language", ""))


def provide_translator(request: Request[Any, Any, Any], system: NamedDependency[System]) -> Translator:
    """``translator: Translator`` of API handlers. Behind ``system`` in a chain (see ``provide_actor``)."""
    return provide_reader(request).translator
