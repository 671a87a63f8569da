"""What an e-mail address, a name and a password must look like. Pure; every function returns the tidied value."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from runtime.errors import InvalidInput
from runtime.i18n import LANGUAGES, N_

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_BYTES = 1024  # argon2 reads all of it: bounds the work one request can cause
MAX_EMAIL_LENGTH = 254  # RFC 5321, 4.5.3.1.3
MAX_NAME_LENGTH = 60
THEMES = ("system", "light", "dark")

# local@host: no more, since only a letter that arrives proves an address; hosts without a dot exist in offices
_EMAIL = re.compile(r"[^@\s<>\",;]{1,64}@[^@\s<>\",;.](?:[^@\s<>\",;]*[^@\s<>\",;.])?")

# the most used of published leaks that are long enough to pass, and keyboard walks; compared in lower case
_COMMON_TEXT = """
    password password1 password12 password123 passw0rd p@ssw0rd p@ssword pa$$word admin123 admin1234 admin888
    administrator welcome1 welcome123 iloveyou princess sunshine football baseball superman trustno1 starwars
    whatever computer internet letmein1 changeme changeme1 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 asdfghjk
    asdfghjkl asdf1234 asdasdasd zxcvbnm1 zxcvbnm123 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 q1w2e3r4
    qazwsxedc qweasdzxc q1w2e3r4t5 qwe123456 asd123456 zxc123456 abc12345 abc123456 abcd1234 abcd12345 a1234567
    a12345678 a123456789 aa123456 aa12345678 aaa123456 12345678a 123456789a 123456abc 123456aa 123qweasd qwer1234
    123qwe123 12345qwert woaini1314 woaini520 woaini123 woaini521 5201314520 iloveyou1 11223344 12341234 12344321
    123123123 123321123 147258369 741852963 789456123 159357456 987654321 876543210 1234qwer test1234 test12345
    huobiao1 huobiao123 dearbook password!
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def email_address(text: str) -> str:
    """The address in lower case. Raises :class:`InvalidInput` (field ``email``) when it is none."""
    address = unicodedata.normalize("NFKC", text).strip().lower()
    if not address:
        raise InvalidInput(N_("请填邮箱"), code="required", field="email")
    if len(address) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(address):
        raise InvalidInput(N_("这不像一个邮箱,应该像 name@example.com"), code="bad_email", field="email")
    return address


def person_name(text: str) -> str:
    """The name without spaces around it. Raises :class:`InvalidInput` (field ``name``) when empty or too long."""
    name = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    if not name:
        raise InvalidInput(N_("请填姓名"), code="required", field="name")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidInput(N_("最多 {count} 个字"), code="too_long", field="name", count=MAX_NAME_LENGTH)
    return name


def check_password(password: str, *, email: str = "", name: str = "", field: str = "password") -> None:
    """Refuse a password that is too short, too long or easily guessed.

    Raises:
        InvalidInput: with the reason, for ``field``.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidInput(
            N_("密码至少 {count} 个字符"), code="password_short", field=field, count=MIN_PASSWORD_LENGTH
        )
    if len(password.encode()) > MAX_PASSWORD_BYTES:
        raise InvalidInput(N_("密码太长了"), code="password_long", field=field)
    lowered = password.lower()
    if lowered in _COMMON or len(set(lowered)) <= 2 or _is_run(lowered):
        raise InvalidInput(N_("这个密码太常见,很容易被猜到,换一个"), code="password_common", field=field)
    if lowered in {part.lower() for part in (email, email.partition("@")[0], name) if part}:
        raise InvalidInput(N_("密码不能和邮箱或姓名一样"), code="password_common", field=field)


def _is_run(text: str) -> bool:
    """Whether each character follows the one before it: 12345678, 87654321, abcdefgh, 7890123 …"""
    steps = {
        (ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(text)
    }
    return steps <= {1, 0} or steps == {9} or steps == {-1}


def language(text: str) -> str:
    """One of :data:`runtime.i18n.LANGUAGES`. Raises :class:`InvalidInput` (field ``language``) otherwise."""
    if text not in LANGUAGES:
        raise InvalidInput(N_("没有这个语言"), code="unknown_choice", field="language")
    return text


def theme(text: str) -> str:
    """``system``, ``light`` or ``dark``. Raises :class:`InvalidInput` (field ``theme``) otherwise."""
    if text not in THEMES:
        raise InvalidInput(N_("没有这个外观"), code="unknown_choice", field="theme")
    return text
