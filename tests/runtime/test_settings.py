"""Settings: from variables alone, every variable listed, a wrong one named."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec
import pytest

from runtime.errors import InvalidInput
from runtime.settings import VARIABLES, Settings, load_settings

KEY = base64.b64encode(bytes(32)).decode()


def test_without_variables_the_defaults_hold() -> None:
    settings = load_settings({})
    assert settings == msgspec.structs.replace(Settings(), data_dir=Path("data").resolve())
    assert settings.base_url == "http://127.0.0.1:8787"
    assert not settings.secure_cookies


def test_every_setting_has_one_variable_and_the_other_way_round() -> None:
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    assert sorted(variable.field for variable in VARIABLES) == sorted(fields)
    assert len({variable.name for variable in VARIABLES}) == len(VARIABLES)
    assert all(variable.name.startswith("HUOBIAO_") and variable.meaning for variable in VARIABLES)


def test_the_shown_defaults_are_the_true_ones() -> None:
    for variable in VARIABLES:
        if variable.default not in {"", "auto", "http://HOST:PORT"}:
            default = getattr(Settings(), variable.field)
            assert variable.parse(variable.default) == default, variable.name


def test_variables_are_read() -> None:
    settings = load_settings(
        {
            "HUOBIAO_DATA": "/srv/huobiao",
            "HUOBIAO_DATABASE_URL": "postgresql://u:p@db/huobiao",
            "HUOBIAO_REDIS_URL": "redis://cache:6379/1",
            "HUOBIAO_PORT": " 9000 ",
            "HUOBIAO_PUBLIC_URL": "https://orders.example.com/",
            "HUOBIAO_SECRET_KEY": KEY,
            "HUOBIAO_TRUSTED_PROXIES": "10.0.0.1, 192.168.0.0/16",
            "HUOBIAO_LOG_JSON": "yes",
            "HUOBIAO_LOG_LEVEL": "DEBUG",
            "HUOBIAO_HOST": "",
        }
    )
    assert settings.data_dir == Path("/srv/huobiao")
    assert settings.port == 9000
    assert settings.base_url == "https://orders.example.com"
    assert settings.secure_cookies
    assert settings.host == "127.0.0.1"
    assert settings.log_json
    assert settings.log_level == "debug"
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.1/32", "192.168.0.0/16"]


def test_the_data_folder_of_the_command_line_wins() -> None:
    assert load_settings({"HUOBIAO_DATA": "/a"}, "/b").data_dir == Path("/b")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUOBIAO_PORT", "http"),
        ("HUOBIAO_PORT", "70000"),
        ("HUOBIAO_WORKERS", "0"),
        ("HUOBIAO_LOG_JSON", "perhaps"),
        ("HUOBIAO_LOG_LEVEL", "loud"),
        ("HUOBIAO_PUBLIC_URL", "orders.example.com"),
        ("HUOBIAO_PUBLIC_URL", "https://"),
        ("HUOBIAO_DATABASE_URL", "mysql://db/x"),
        ("HUOBIAO_TRUSTED_PROXIES", "proxy.example.com"),
        ("HUOBIAO_SECRET_KEY", "short"),
        ("HUOBIAO_SECRET_KEY", "密钥"),
    ],
)
def test_a_value_that_cannot_be_used_stops_and_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name) as refused:
        load_settings({name: value})
    assert refused.value.error_code == "bad_setting"


def test_all_wrong_variables_are_told_at_once_and_secrets_are_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings({"HUOBIAO_PORT": "x", "HUOBIAO_SECRET_KEY": "hunter2"})
    told = [problem.message.text() for problem in refused.value.problems]
    assert len(told) == 2
    assert not any("hunter2" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("host", "url"), [("0.0.0.0", "http://127.0.0.1:8787"), ("::1", "http://[::1]:8787")]
)
def test_the_address_for_people_is_one_they_can_open(host: str, url: str) -> None:
    assert Settings(host=host).base_url == url
