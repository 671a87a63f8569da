"""The one family of errors a person or a program can meet.

::

    HuobiaoError                 code, sentence (translatable), field, details
    ├── InvalidInput   422       what was entered cannot be stored or understood
    │   ├── InvalidDefinition    a table, field, automation … is not well-formed
    │   └── RecordsRejected      a batch in which some records have problems (one per record)
    ├── RuleBroken     409       well-formed, but a rule of the app forbids it
    │   ├── MoveRefused          a state machine does not allow this move
    │   ├── Duplicate            a unique rule is broken
    │   ├── OutOfStock           a reservation cannot be met
    │   └── VersionConflict      somebody else changed the record in the meantime
    ├── NotAllowed     403       this person may not do this
    ├── NotSignedIn    401
    ├── NotFound       404
    ├── TooMuch        413/429   too large, too many, too often
    ├── OutsideFailed  502       another system refused or did not answer
    └── ServiceUnavailable 503   PostgreSQL, Redis or the data folder cannot be used here

Each error carries a stable ``code`` (snake_case, for programs), a Chinese msgid with named parameters (for
people; translated at the edge) and, where it has one, the field it concerns. ``docs/errors.md`` lists the codes.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from runtime.i18n import N_, Message


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong: with which field (public id and name, if any), why, and what to do.

    ``path`` locates a problem inside a definition ("steps.2.config.text") or a row of a file ("17").
    """

    code: str
    message: Message
    field: str | None = None
    field_name: str | None = None
    path: str | None = None


class HuobiaoError(Exception):
    """Base of everything this product refuses with a reason."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(
        self,
        msgid: str = "",
        *,
        code: str | None = None,
        field: str | None = None,
        field_name: str | None = None,
        problems: list[Problem] | None = None,
        **params: Any,
    ) -> None:
        if field is not None or field_name is not None:
            params.setdefault("field", field_name or field)  # sentences may name the field they concern
        self.message = Message(msgid or self.default_message(), params)
        self.error_code = code or self.code
        self.field = field
        self.field_name = field_name
        self.problems = problems or []
        super().__init__(self.message.text())

    @classmethod
    def default_message(cls) -> str:
        """The msgid used when the raiser gives none."""
        return N_("出了点问题,请重试;如果一直这样,把下面的编号告诉管理员")

    def as_problem(self) -> Problem:
        """This error as one entry of a list of problems."""
        return Problem(self.error_code, self.message, self.field, self.field_name)


class InvalidInput(HuobiaoError):
    """What was entered cannot be stored or understood."""

    code = "invalid_input"
    status = 422

    @classmethod
    def default_message(cls) -> str:
        return N_("有内容填得不对,改好标出的地方再保存")


class InvalidDefinition(InvalidInput):
    """A definition (table, field, automation, dashboard …) is not well-formed; ``problems`` lists all of it."""

    code = "invalid_definition"


class RecordsRejected(InvalidInput):
    """An all-or-nothing batch was refused; ``problems`` has one entry per fault, ``path`` is the index in the batch."""

    code = "records_rejected"


class RuleBroken(HuobiaoError):
    """Well-formed, but a rule of the app forbids it."""

    code = "rule_broken"
    status = 409


class MoveRefused(RuleBroken):
    """A state machine does not allow this move."""

    code = "move_refused"


class Duplicate(RuleBroken):
    """A unique rule is broken."""

    code = "duplicate"


class OutOfStock(RuleBroken):
    """A reservation cannot be met in full; nothing of it was reserved."""

    code = "out_of_stock"


class VersionConflict(RuleBroken):
    """Somebody else changed the record since it was read."""

    code = "version_conflict"

    @classmethod
    def default_message(cls) -> str:
        return N_("这条记录刚被别人改过,看一下最新内容再保存")


class NotAllowed(HuobiaoError):
    """This person may not do this."""

    code = "not_allowed"
    status = 403

    @classmethod
    def default_message(cls) -> str:
        return N_("没有权限做这个操作,请联系应用的所有者")


class NotSignedIn(HuobiaoError):
    """No valid session or token."""

    code = "not_signed_in"
    status = 401

    @classmethod
    def default_message(cls) -> str:
        return N_("请先登录")


class NotFound(HuobiaoError):
    """The thing does not exist, or this person may not know of it."""

    code = "not_found"
    status = 404

    @classmethod
    def default_message(cls) -> str:
        return N_("没有找到,可能已被删除,或没有权限查看")


class TooMuch(HuobiaoError):
    """Too large, too many or too often; the message names the limit."""

    code = "too_much"
    status = 413


class TooOften(TooMuch):
    """A rate limit; trying again helps, not sooner than ``retry_after_seconds`` where that is known."""

    code = "too_often"
    status = 429

    def __init__(self, msgid: str = "", *, retry_after_seconds: float | None = None, **kw: Any) -> None:
        super().__init__(msgid, **kw)
        self.retry_after_seconds = retry_after_seconds


class OutsideFailed(HuobiaoError):
    """Another system refused or did not answer.

    ``retryable``: trying again can help, not sooner than ``retry_after_seconds`` where that is known.
    ``outcome_unknown``: the request had left, so the other side may have acted on it; trying again can do
    it twice.
    """

    code = "outside_failed"
    status = 502

    def __init__(
        self,
        msgid: str = "",
        *,
        retryable: bool = True,
        retry_after_seconds: float | None = None,
        outcome_unknown: bool = False,
        **kw: Any,
    ) -> None:
        super().__init__(msgid, **kw)
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds
        self.outcome_unknown = outcome_unknown


class ServiceUnavailable(HuobiaoError):
    """PostgreSQL, Redis or the data folder cannot be used here; the message says which and what to do."""

    code = "service_unavailable"
    status = 503
