"""What people are told inside the product: notices, kept until they are read, and pop-ups for the person at work."""

from runtime.inbox.notices import (
    MAX_TEXT,
    MAX_TITLE,
    How,
    Letter,
    Page,
    Settled,
    close,
    page,
    post,
    read,
    read_all,
    settle,
    settle_merged,
    settle_told,
    unread,
    waiting_popups,
)
from runtime.inbox.retention import forget_old_notices

__all__ = [
    "MAX_TEXT",
    "MAX_TITLE",
    "How",
    "Letter",
    "Page",
    "Settled",
    "close",
    "forget_old_notices",
    "page",
    "post",
    "read",
    "read_all",
    "settle",
    "settle_merged",
    "settle_told",
    "unread",
    "waiting_popups",
]
