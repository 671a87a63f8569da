"""The language of the command line: ``HUOBIAO_LANGUAGE``, else the locale's when it is English, else
Chinese.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from runtime.i18n import DEFAULT_LANGUAGE, LANGUAGES, Message, Translator
from ui.locale.catalogue import translator as read_translator


def language(environ: Mapping[str, str]) -> str:
    """``zh`` or ``en``."""
    chosen = environ.get("HUOBIAO_LANGUAGE", "").strip().lower()[:2]
    if chosen in LANGUAGES:
        return chosen
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "en" if environ[name].lower().startswith("en") else DEFAULT_LANGUAGE
    return DEFAULT_LANGUAGE


@cache
def translator() -> Translator:
    """The translator of this process's command line."""
    return read_translator(language(os.environ))


def _(msgid: str, **params: Any) -> str:
    """The sentence of ``msgid`` in the command line's language."""
    return translator().gettext(msgid, params)


def sentence(message: Message) -> str:
    """A message in the command line's language."""
    return message.text(translator())
