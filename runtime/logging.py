"""Logs: one event with named values per line, coloured for a terminal or JSON for a collector.

Use ``structlog.get_logger(__name__).info("record created", table=…)``. Records of the standard library's
``logging`` (uvicorn, dramatiq …) go the same way. Everything goes to stderr, so that the output of commands
stays clean.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from runtime.settings import Settings

# local variables in a traceback would put secrets and people's data into the log
_without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
# chatty at "info", and what they say there helps nobody who runs this
_QUIETER = (
    "httpx",
    "httpcore",
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "dramatiq",
    "piccolo",
    "multipart",
    "asyncio",
)
# repeats a traceback every second while the server is away
_QUIETEST = ("asyncpg",)


def configure_logging(settings: Settings, *, process: str = "") -> None:
    """Set up logging for this process; ``process`` ("web", "worker" …) is added to each line. Can be
    repeated.
    """
    level = logging.getLevelName(settings.log_level.upper())

    def name_process(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if process:
            event["process"] = process
        return event

    shared: list[Any] = [
        name_process,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=settings.log_json),
    ]
    if settings.log_json:
        rendering: list[Any] = [
            structlog.processors.ExceptionRenderer(_without_locals),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        rendering = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(level if level == logging.DEBUG else max(level, logging.WARNING))
    for name in _QUIETEST:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error", "dramatiq"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
