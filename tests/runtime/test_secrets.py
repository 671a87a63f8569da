"""Secrets: what is sealed opens only with its key; tokens and passwords are kept as hashes only."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import InvalidInput, ServiceUnavailable
from runtime.secrets import (
    SecretBox,
    derive_key,
    hash_password,
    hash_token,
    installation_key,
    needs_rehash,
    new_token,
    verify_password,
)
from runtime.settings import Settings

KEY = bytes(range(32))


@given(st.text())
def test_what_is_sealed_opens_again(text: str) -> None:
    box = SecretBox(KEY)
    assert box.decrypt(box.encrypt(text)) == text


def test_sealing_twice_gives_different_texts_and_never_the_secret() -> None:
    box = SecretBox(KEY)
    first, second = box.encrypt("密钥 k-123"), box.encrypt("密钥 k-123")
    assert first != second
    assert "k-123" not in first


def test_another_key_or_a_changed_text_is_refused_with_what_to_do() -> None:
    sealed = SecretBox(KEY).encrypt("x")
    with pytest.raises(ServiceUnavailable, match=r"secret\.key") as refused:
        SecretBox(bytes(32)).decrypt(sealed)
    assert refused.value.error_code == "wrong_key"
    # not one of the last letters: of those only some bits count
    changed = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]
    for damaged in (changed, "", "v1.", "plain", "v1.!!"):
        with pytest.raises(ServiceUnavailable):
            SecretBox(KEY).decrypt(damaged)


def test_the_key_is_made_once_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: installation_key(settings), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    file = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_a_given_key_is_used_and_leaves_no_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", secret_key=base64.urlsafe_b64encode(KEY).decode())
    assert installation_key(settings) == KEY
    assert not (tmp_path / "data").exists()


def test_a_damaged_key_file_is_an_error_not_a_new_key(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("c2hvcnQ=")
    with pytest.raises(InvalidInput, match="32"):
        installation_key(Settings(data_dir=tmp_path))


def test_each_purpose_has_its_own_key() -> None:
    settings = Settings(secret_key=base64.b64encode(KEY).decode())
    assert derive_key(settings, "csrf") == derive_key(settings, "csrf")
    assert derive_key(settings, "csrf") != derive_key(settings, "hooks")
    other = msgspec.structs.replace(settings, secret_key=base64.b64encode(bytes(32)).decode())
    assert derive_key(other, "csrf") != derive_key(settings, "csrf")


def test_tokens_are_long_unlike_and_kept_as_hashes() -> None:
    token = new_token("hbt_")
    assert token.startswith("hbt_")
    assert len(token) >= 44
    assert token != new_token("hbt_")
    assert hash_token(token) == hash_token(token)
    assert token not in hash_token(token)


def test_passwords_are_hashed_with_argon2id() -> None:
    stored = hash_password("正确的密码 1")
    assert stored.startswith("$argon2id$")
    assert verify_password("正确的密码 1", stored)
    assert not verify_password("错的", stored)
    assert not verify_password("x", "not a hash")
    assert not needs_rehash(stored)
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
    assert needs_rehash("not a hash")


def test_a_stolen_hash_takes_much_work_to_guess(password_hasher: PasswordHasher) -> None:
    """At least what OWASP asks of argon2id: 46 MiB and one pass, or 19 MiB and two."""
    assert password_hasher.memory_cost >= 46 * 1024 or (
        password_hasher.memory_cost >= 19 * 1024 and password_hasher.time_cost >= 2
    )
    assert password_hasher.hash("x").startswith("$argon2id$")
