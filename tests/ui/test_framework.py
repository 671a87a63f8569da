"""The application is declared as the framework wants it."""

from __future__ import annotations

import warnings

from litestar.exceptions import LitestarDeprecationWarning, LitestarWarning

from runtime.settings import Settings
from ui.asgi import create_app


async def test_the_framework_has_nothing_to_complain_about(settings: Settings) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", LitestarWarning)
        warnings.simplefilter("error", LitestarDeprecationWarning)
        create_app(settings)
