"""Connectors: clients of outside systems, one kind per file, described well enough for forms to be made of them.

A *kind* (``wecom_robot``, ``http_webhook``) says which settings it needs and how a person gets them, checks them,
and sends messages with them. A *connector* is a kind with one set of settings, stored elsewhere: its secret
settings encrypted. Kinds hold no state and no credentials; the settings come with each call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import msgspec

from runtime.errors import HuobiaoError, InvalidDefinition, InvalidInput, Problem
from runtime.i18n import CHINESE, N_, Message, Translator
from runtime.outbound import OutboundClient

MAX_SETTING_CHARACTERS = 2000
SettingValues = Mapping[str, str]


class PacingRule(msgspec.Struct, frozen=True):
    """At most ``limit`` messages in any ``window_seconds``, plus a margin, since two clocks are compared."""

    limit: int
    window_seconds: float
    margin_seconds: float = 0.5

    @property
    def span(self) -> timedelta:
        """How long a sent message keeps its place."""
        return timedelta(seconds=self.window_seconds + self.margin_seconds)


class Option(msgspec.Struct, frozen=True):
    """One answer of a setting that is chosen; ``label`` is a msgid."""

    value: str
    label: str


class SettingField(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a kind, as its form shows it. ``label``, ``help`` and ``placeholder`` are msgids.

    ``secret``: stored encrypted and never shown again; an empty entry in the form keeps the stored one. ``options``: what
    a ``choice`` offers, the first one standing for an empty entry. ``only_with``: the setting counts (and is shown) only
    when another one has one of these values.
    """

    name: str
    label: str
    input: Literal["text", "url", "password", "choice"] = "text"
    options: tuple[Option, ...] = ()
    only_with: tuple[str, tuple[str, ...]] | None = None
    required: bool = False
    secret: bool = False
    help: str = ""
    placeholder: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """What the other side answered to a message it took: its code and words, and the answer as it came.

    ``outcome`` and ``output``: what of the answer the step that sent it asked for.
    """

    errcode: int
    errmsg: str
    raw: dict[str, Any]
    outcome: str | None = None
    output: dict[str, Any] = {}


def _origin(value: Any) -> str:
    """Which place a setting names: of an address, its host without its path."""
    text = str(value or "").strip().lower()
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else text


class ConnectorKind(ABC):
    """A kind of outside system. Texts are msgids; ``icon`` is a Lucide name.

    ``steps`` tell a person how to get the settings. ``messages`` are the types :meth:`send` takes.
    ``pacing`` is the other side's limit for one :meth:`pacing_key`, None where there is none. ``merges``: messages that
    have to wait may be put together into fewer.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    description: ClassVar[str]
    icon: ClassVar[str]
    fields: ClassVar[tuple[SettingField, ...]]
    steps: ClassVar[tuple[str, ...]] = ()
    messages: ClassVar[tuple[type[msgspec.Struct], ...]]
    pacing: ClassVar[PacingRule | None] = None
    merges: ClassVar[bool] = False
    destination: ClassVar[tuple[str, ...]] = ()
    """Settings that say where secrets are sent."""

    def rule(self, per_minute: int | None) -> PacingRule | None:
        """The limit that counts: the kind's own, or the stricter one that a person set for a connector."""
        if per_minute is None or (self.pacing is not None and self.pacing.limit <= per_minute):
            return self.pacing
        return PacingRule(limit=per_minute, window_seconds=60.0)

    def check(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """The settings as they are to be stored: known, trimmed, complete, in one notation.

        Raises :class:`InvalidDefinition` with all problems; ``path`` of each is the setting's name.
        """
        problems: list[Problem] = []
        known = {field.name: field for field in self.fields}
        values: dict[str, str] = {}
        for name, value in settings.items():
            if name not in known:
                problems.append(_problem(name, Message(N_("没有「{name}」这个设置"), {"name": name})))
            elif not isinstance(value, str):
                problems.append(_problem(name, Message(N_("请填文字"))))
            elif len(value) > MAX_SETTING_CHARACTERS:
                problems.append(
                    _problem(
                        name, Message(N_("太长了,最多 {count} 个字符"), {"count": MAX_SETTING_CHARACTERS})
                    )
                )
            elif value.strip():
                values[name] = value.strip()
        values = self._chosen(values, problems)
        faulty = {problem.path for problem in problems}
        for field in self.fields:
            if not _counts(field, values):
                continue
            if field.required and field.name not in values and field.name not in faulty:
                problems.append(
                    _problem(field.name, Message(N_("请填写「{label}」"), {"label": Message(field.label)}))
                )
        for name in list(values):
            try:
                values[name] = self.check_setting(name, values[name])
            except HuobiaoError as error:
                problems.append(_problem(name, error.message))
        problems += [_problem(name, message) for name, message in self.check_together(values)]
        if problems:
            raise InvalidDefinition(
                InvalidInput.default_message(), code="connector_invalid", problems=problems
            )
        return values

    def _chosen(self, values: dict[str, str], problems: list[Problem]) -> dict[str, str]:
        """``values`` with what stands for an empty choice, and without what does not count beside the others."""
        for field in self.fields:
            if not field.options:
                continue
            chosen = values.setdefault(field.name, field.options[0].value)
            if chosen not in [option.value for option in field.options]:
                message = Message(N_("「{label}」要从给出的几项里选"), {"label": Message(field.label)})
                problems.append(_problem(field.name, message))
        return {f.name: values[f.name] for f in self.fields if f.name in values and _counts(f, values)}

    def check_setting(self, name: str, value: str) -> str:
        """The setting ``name`` in its stored notation. Raises a :class:`HuobiaoError` when it cannot be used."""
        return value

    def check_together(self, values: SettingValues) -> list[tuple[str, Message]]:
        """Problems between settings that are fine by themselves: the setting to change, and why."""
        return []

    def split(self, settings: SettingValues) -> tuple[dict[str, str], dict[str, str]]:
        """Checked settings as two: those stored in the clear, and those stored encrypted."""
        secret = {field.name for field in self.fields if field.secret}
        plain = {name: value for name, value in settings.items() if name not in secret}
        return plain, {name: value for name, value in settings.items() if name in secret}

    def keep_secrets(self, entered: Mapping[str, Any], stored: SettingValues) -> dict[str, Any]:
        """What a person entered, with the stored secret wherever the form came back without one.

        Where :attr:`destination` has changed nothing is kept: who may change a connector is not to get at a secret by
        sending it to another place.
        """
        kept = dict(entered)
        if any(
            name in stored and _origin(kept.get(name)) != _origin(stored[name]) for name in self.destination
        ):
            return kept
        for field in self.fields:
            if field.secret and not kept.get(field.name) and field.name in stored:
                kept[field.name] = stored[field.name]
        return kept

    @abstractmethod
    def shown(self, settings: SettingValues) -> str:
        """Where messages go, in one line that gives no secret away; no msgid, the same in every language."""

    def pacing_key(self, settings: SettingValues) -> str | None:
        """What :attr:`pacing` counts by: connectors with the same key share one limit. Gives no secret away."""
        return None

    @abstractmethod
    async def send(
        self,
        client: OutboundClient,
        settings: SettingValues,
        message: Any,
        *,
        idempotency_key: str | None = None,
    ) -> Receipt:
        """Send one message, one of :attr:`messages`. ``idempotency_key`` names it across attempts.

        Raises:
            InvalidInput: the message itself cannot be sent (empty, too long).
            NotAllowed: the address may not be called.
            OutsideFailed: not taken, or not known; see its ``retryable`` and ``outcome_unknown``.
        """

    @abstractmethod
    def test_message(self, translator: Translator) -> Any:
        """A message that says it is a test."""

    async def test(
        self, client: OutboundClient, settings: SettingValues, translator: Translator = CHINESE
    ) -> Receipt:
        """Send :meth:`test_message`. Raises like :meth:`send`."""
        return await self.send(client, settings, self.test_message(translator))


def _counts(field: SettingField, values: SettingValues) -> bool:
    """Whether a setting means anything beside the others."""
    if field.only_with is None:
        return True
    name, wanted = field.only_with
    return values.get(name, "") in wanted


def _problem(name: str, message: Message) -> Problem:
    return Problem("setting_invalid", message, path=name)
