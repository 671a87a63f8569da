"""Steps that tell people and other systems something."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from runtime.definitions.values import FieldValue, PersonValue, TextValue, Value

Role = Literal["owner", "builder", "editor", "viewer"]


class Notify(msgspec.Struct, frozen=True, tag="notify", tag_field="kind", omit_defaults=True):
    """Tell people inside the product: named ones (public ids), everybody with one of ``roles``, and those that ``values``
    name: a field that holds people, or whoever set the run off, made or last changed a record.

    ``popup``: shown at once in the corner of their pages. ``link``: the record that the notice leads to, "" for none;
    ``merge``: the step that found records of the same table, which the notice compares with it, to be merged.
    Outcomes: ``told``, ``nobody``. Output: ``count`` of the people.
    """

    title: TextValue
    text: TextValue = TextValue()
    people: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    values: tuple[FieldValue | PersonValue, ...] = ()
    popup: bool = False
    link: str = "trigger"
    merge: str = ""


class SendEmail(msgspec.Struct, frozen=True, tag="send_email", tag_field="kind", omit_defaults=True):
    """Send a mail through the ``smtp`` connector to each address of ``to`` and of ``values`` (fields that hold addresses, or
    people). Outcomes: ``sent`` (on its way), ``nobody``. Output: ``count`` of the addresses."""

    connector: str
    subject: TextValue
    text: TextValue
    to: tuple[str, ...] = ()
    values: tuple[FieldValue | PersonValue, ...] = ()


class Pair(msgspec.Struct, frozen=True):
    """A named value: a parameter, a header, a field of a body."""

    name: str
    value: Value


class AnswerValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value of the JSON answer that later steps can use as output ``key``: where it stands, what people call it, and what
    it was in the sample in which it was clicked."""

    key: str
    name: str
    place: tuple[str | int, ...]
    example: Any = None


class HttpRequest(msgspec.Struct, frozen=True, tag="http_request", tag_field="kind", omit_defaults=True):
    """Call an interface below the address of the ``http_api`` connector.

    ``body``: ``json`` and ``form`` send ``fields``, ``text`` sends ``text`` as ``content_type``. With ``wait`` (or values
    of the ``answer``) the run goes on when the answer has come. ``any_status``: a refusal (4xx) is an answer, with outcome
    ``refused``, not a failure. Outcomes: ``ok``, ``refused``. Outputs: ``status``, and those of ``answer``.
    """

    connector: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: TextValue = TextValue()
    query: tuple[Pair, ...] = ()
    headers: tuple[Pair, ...] = ()
    body: Literal["none", "json", "form", "text"] = "none"
    fields: tuple[Pair, ...] = ()
    text: TextValue = TextValue()
    content_type: str = "application/json"
    answer: tuple[AnswerValue, ...] = ()
    any_status: bool = False
    wait: bool = True


MessageStep = Notify | SendEmail | HttpRequest
