"""What people are told inside the product: notices, kept until they are read, and pop-ups for the person at work."""

from runtime.inbox.notices import (
    MAX_TEXT,
    MAX_TITLE,
    Letter,
    Page,
    close,
    page,
    post,
    read,
    read_all,
    unread,
    waiting_popups,
)
from runtime.inbox.retention import forget_old_notices

__all__ = [
    "MAX_TEXT",
    "MAX_TITLE",
    "Letter",
    "Page",
    "close",
    "forget_old_notices",
    "page",
    "post",
    "read",
    "read_all",
    "unread",
    "waiting_popups",
]
