"""Keeping secrets: encryption at rest, tokens of which only a hash is kept, passwords.

One key per installation (``HUOBIAO_SECRET_KEY``, or ``DATA/secret.key`` made on first use) is never used
itself: each purpose gets a key derived from it by HKDF, so that one use cannot weaken another.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_
from runtime.settings import SECRET_KEY_BYTES, Settings, decode_secret_key

_NONCE_BYTES = 12
_FORMAT = "v1."
_TOKEN_BYTES = 32
_hasher = PasswordHasher()


def installation_key(settings: Settings) -> bytes:
    """The key of this installation; made and kept in ``DATA/secret.key`` (mode 600) when none is set.

    Two processes that come at once get the same key. Raises :class:`InvalidInput` when the file is damaged
    and :class:`ServiceUnavailable` when it cannot be read or written.
    """
    if settings.secret_key:
        return decode_secret_key(settings.secret_key)
    path = settings.data_dir / "secret.key"
    try:
        if not path.exists():
            _make_key(path)
        return decode_secret_key(path.read_text(encoding="ascii", errors="replace").strip())
    except OSError as error:
        raise ServiceUnavailable(
            N_("读不了密钥文件 {path}:{reason}"), path=path, reason=error.strerror or str(error)
        ) from error


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, half = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)  # mode 600
    with os.fdopen(fd, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(SECRET_KEY_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # somebody else was first: theirs counts
        os.link(half, path)
    os.unlink(half)


def derive_key(settings: Settings, purpose: str) -> bytes:
    """32 bytes for one purpose ("csrf", "hooks" …): always the same for the same installation."""
    return _derive(installation_key(settings), purpose)


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"huobiao/{purpose}".encode()).derive(key)


class SecretBox:
    """Encrypts texts (AES-256-GCM), so that a copy of the database alone gives no secret away."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derive(key, "secret-box"))

    @classmethod
    def from_settings(cls, settings: Settings) -> SecretBox:
        """The box of this installation. Raises what :func:`installation_key` raises."""
        return cls(installation_key(settings))

    def encrypt(self, text: str) -> str:
        """``text`` as printable cipher text, different each time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), None)
        return _FORMAT + base64.urlsafe_b64encode(nonce + sealed).decode()

    def decrypt(self, sealed: str) -> str:
        """The text again. Raises :class:`ServiceUnavailable` when this key did not seal it or it was
        changed.
        """
        try:
            if not sealed.startswith(_FORMAT):
                raise ValueError(sealed[:3])
            raw = base64.urlsafe_b64decode(sealed[len(_FORMAT) :])
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag) as error:
            raise ServiceUnavailable(
                N_("保存的密文用现在的密钥解不开:密钥换过了,请换回原来的 secret.key,或重新填写这项内容"),
                code="wrong_key",
            ) from error


def new_token(prefix: str = "") -> str:
    """A random token (256 bits, url-safe) after ``prefix``; keep only its :func:`hash_token`."""
    return prefix + secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> str:
    """What to store of a token: SHA-256 in hex. Tokens are random, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """An argon2id hash with its parameters. Takes tens of milliseconds and 64 MiB: not on the event loop."""
    return _hasher.hash(password)


def verify_password(password: str, stored: str) -> bool:
    """Whether ``password`` is the one hashed in ``stored``; a damaged hash fits nothing."""
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether ``stored`` was made with older parameters; then store :func:`hash_password` anew after a
    sign-in.
    """
    try:
        return _hasher.check_needs_rehash(stored)
    except InvalidHashError:
        return True
