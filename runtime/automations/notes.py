"""Sentences and errors as JSON in the database, still translatable when they are read."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.errors import HuobiaoError, Problem
from runtime.i18n import N_, Message, Translator


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why something failed: a stable ``code``, a sentence, and what was wrong with which field."""

    code: str
    message: Message
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """A failure of an error. What is not one of ours says only that it is unexpected; the log has the rest."""
        if isinstance(error, HuobiaoError):
            return cls(code=error.error_code, message=error.message, problems=tuple(error.problems))
        return cls(
            code="unexpected",
            message=Message(N_("出了没有料到的错误({kind}),日志里有详情"), {"kind": type(error).__name__}),
        )

    @property
    def sentences(self) -> tuple[Message, ...]:
        """The problems' sentences, or the failure's own where it has none."""
        return tuple(p.message for p in self.problems) or (self.message,)


def dump(value: Any) -> str:
    """JSON of plain values, Structs and messages in any depth."""
    return msgspec.json.encode(value, enc_hook=str).decode()


def load_failure(text: str | bytes | None) -> Failure | None:
    """The failure stored as ``text``; None for none."""
    if text is None:
        return None
    raw = msgspec.json.decode(text)
    return Failure(
        code=raw["code"],
        message=load_message(raw["message"]),
        problems=tuple(
            msgspec.structs.replace(
                msgspec.convert({**p, "message": {"msgid": ""}}, Problem), message=load_message(p["message"])
            )
            for p in raw["problems"]
        ),
    )


def is_message(value: Any) -> bool:
    """Whether a decoded JSON value is a stored :class:`Message`."""
    return (
        isinstance(value, dict)
        and value.keys() == {"msgid", "params"}
        and isinstance(value["msgid"], str)
        and isinstance(value["params"], dict)
    )


def load_message(raw: dict[str, Any]) -> Message:
    """A stored message, with messages among its parameters as such."""
    params = {
        key: load_message(value) if is_message(value) else value for key, value in raw["params"].items()
    }
    return Message(raw["msgid"], params)


def translated(value: Any, translator: Translator) -> Any:
    """A decoded JSON value with every message in it as a sentence."""
    if is_message(value):
        return load_message(value).text(translator)
    if isinstance(value, dict):
        return {key: translated(item, translator) for key, item in value.items()}
    if isinstance(value, list):
        return [translated(item, translator) for item in value]
    return value
