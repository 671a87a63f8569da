"""Configuration: one frozen value, read once from ``HUOBIAO_*`` variables and handed down.

:data:`VARIABLES` is the only list of them; ``huobiao doctor`` and ``docs/operations.md`` show it. Nothing
else in the product reads the environment. A value that cannot be understood raises
:class:`~runtime.errors.InvalidInput` naming the variable, so that a typing error stops the start instead of
being ignored.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from runtime.errors import InvalidInput, Problem
from runtime.i18n import LANGUAGES, N_, Message

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
CONNECTOR_VARIANTS = ("real", "console", "null")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
SECRET_KEY_BYTES = 32


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation can choose. Sizes and durations carry their unit in the name.

    ``database_url`` and ``redis_url`` are ``None`` while the embedded servers are to be used;
    :mod:`runtime.services` fills them in (:meth:`with_services`) once those run.
    """

    data_dir: Path = Path("data")
    database_url: str | None = None
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8787
    workers: int = 1
    worker_processes: int = 1
    worker_threads: int = 32
    public_url: str | None = None
    secret_key: str | None = None
    cookie_secure: bool | None = None
    trusted_proxies: tuple[IPNetwork, ...] = ()
    session_days: int = 30
    keep_runs_days: int = 90
    automation_runs_per_minute: int = 20_000
    max_upload_mb: int = 100
    keep_files_days: int = 30
    s3_endpoint: str | None = None
    s3_bucket: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key: str | None = None
    s3_secret_key: str | None = None
    s3_path_style: bool = True
    refresh_at_once: int = 1000
    large_table_rows: int = 20_000
    allow_private_outbound: bool = False
    wecom_base_url: str = "https://qyapi.weixin.qq.com"
    connectors: str = "real"
    log_level: str = "info"
    log_json: bool = False
    language: str | None = None

    @property
    def base_url(self) -> str:
        """The address people use, without a trailing slash: ``public_url``, or made of host and port."""
        if self.public_url:
            return self.public_url
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry ``Secure``: as chosen, else when the public address is https."""
        if self.cookie_secure is not None:
            return self.cookie_secure
        return self.base_url.startswith("https:")

    @property
    def max_upload_bytes(self) -> int:
        """The largest accepted upload, in bytes."""
        return self.max_upload_mb * 1024 * 1024

    def with_services(self, database_url: str, redis_url: str) -> Settings:
        """A copy that names running PostgreSQL and Redis servers."""
        return msgspec.structs.replace(self, database_url=database_url, redis_url=redis_url)


class Variable(msgspec.Struct, frozen=True):
    """One ``HUOBIAO_*`` variable: its field of :class:`Settings`, how it is read, and its meaning (a
    msgid).
    """

    name: str
    field: str
    parse: Callable[[str], Any]
    meaning: str
    default: str
    secret: bool = False


def load_settings(environ: Mapping[str, str] | None = None, data_dir: Path | str | None = None) -> Settings:
    """Read the settings from ``environ`` (default: the process's). ``data_dir`` wins over ``HUOBIAO_DATA``.

    An empty variable counts as not set. Raises :class:`InvalidInput` naming every variable that cannot be
    read.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    problems: list[Message] = []
    for variable in VARIABLES:
        text = environ.get(variable.name, "").strip()
        if not text:
            continue
        try:
            values[variable.field] = variable.parse(text)
        except _Unreadable as error:
            shown = "******" if variable.secret else text
            problems.append(
                Message(
                    N_("{name} 的值「{value}」不能用:{reason}"),
                    {"name": variable.name, "value": shown, "reason": error.reason},
                )
            )
    if problems:
        raise InvalidInput(
            problems[0].msgid,
            code="bad_setting",
            problems=[Problem("bad_setting", message) for message in problems],
            **problems[0].params,
        )
    if data_dir is not None:
        values["data_dir"] = Path(data_dir)
    values["data_dir"] = Path(values.get("data_dir", Path("data"))).expanduser().resolve()
    return Settings(**values)


def decode_secret_key(text: str) -> bytes:
    """The bytes of a base64 key (standard or url-safe). Raises :class:`InvalidInput` when too short or
    not base64.
    """
    try:
        return base64.b64decode(_secret_key(text).replace("-", "+").replace("_", "/") + "==")
    except _Unreadable as error:
        raise InvalidInput(N_("密钥不能用:{reason}"), code="bad_setting", reason=error.reason) from None


class _Unreadable(ValueError):
    def __init__(self, reason: str, **params: Any) -> None:
        super().__init__(reason)
        self.reason = Message(reason, params)


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise _Unreadable(N_("请填一个整数")) from None
        if not low <= number <= high:
            raise _Unreadable(N_("应在 {low} 到 {high} 之间"), low=low, high=high)
        return number

    return parse


def _boolean(text: str) -> bool:
    word = text.lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise _Unreadable(N_("请填 1 或 0"))


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes:
            raise _Unreadable(N_("地址应以 {schemes} 开头"), schemes=" / ".join(f"{s}://" for s in schemes))
        if parts.scheme in {"http", "https"}:
            if not parts.hostname:
                raise _Unreadable(N_("地址里没有主机名"))
            return text.rstrip("/")
        return text

    return parse


def _networks(text: str) -> tuple[IPNetwork, ...]:
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()
        )
    except ValueError:
        raise _Unreadable(N_("请填 IP 地址或网段,用逗号隔开")) from None


def _connectors(text: str) -> str:
    if text.lower() not in CONNECTOR_VARIANTS:
        raise _Unreadable(N_("可选:{choices}"), choices=", ".join(CONNECTOR_VARIANTS))
    return text.lower()


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise _Unreadable(N_("可选:{choices}"), choices=", ".join(LOG_LEVELS))
    return text.lower()


def _language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise _Unreadable(N_("可选:{choices}"), choices=", ".join(LANGUAGES))
    return text.lower()


def _secret_key(text: str) -> str:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "==", validate=False)
    except (binascii.Error, ValueError):
        raise _Unreadable(N_("不是 base64")) from None
    if len(key) < SECRET_KEY_BYTES:
        raise _Unreadable(N_("至少要 {count} 个字节(base64 编码)"), count=SECRET_KEY_BYTES)
    return text


VARIABLES: tuple[Variable, ...] = (
    Variable("HUOBIAO_DATA", "data_dir", Path, N_("数据文件夹:数据库、上传的文件和密钥都在里面"), "./data"),
    Variable(
        "HUOBIAO_DATABASE_URL",
        "database_url",
        _url("postgresql", "postgres"),
        N_("PostgreSQL(15 到 18)的地址;不填就用自带的"),
        "",
        secret=True,
    ),
    Variable(
        "HUOBIAO_REDIS_URL",
        "redis_url",
        _url("redis", "rediss", "unix"),
        N_("Redis(6.2 以上)或 Valkey 的地址;不填就用自带的"),
        "",
        secret=True,
    ),
    Variable(
        "HUOBIAO_HOST", "host", str, N_("网页服务监听的地址;要让别的电脑能打开,填 0.0.0.0"), "127.0.0.1"
    ),
    Variable("HUOBIAO_PORT", "port", _integer(0, 65535), N_("网页服务的端口;0 表示随便选一个空的"), "8787"),
    Variable("HUOBIAO_WORKERS", "workers", _integer(1, 64), N_("网页进程的个数"), "1"),
    Variable(
        "HUOBIAO_WORKER_PROCESSES",
        "worker_processes",
        _integer(1, 64),
        N_("跑自动化和后台任务的进程个数"),
        "1",
    ),
    Variable(
        "HUOBIAO_WORKER_THREADS", "worker_threads", _integer(1, 256), N_("每个后台进程同时做几件事"), "32"
    ),
    Variable(
        "HUOBIAO_PUBLIC_URL",
        "public_url",
        _url("http", "https"),
        N_("大家在浏览器里打开的地址,用在消息里的链接上;用手机扫码必须是 https"),
        "http://HOST:PORT",
    ),
    Variable(
        "HUOBIAO_SECRET_KEY",
        "secret_key",
        _secret_key,
        N_("加密密钥,32 个字节的 base64;不填就在数据文件夹里生成一个 secret.key"),
        "",
        secret=True,
    ),
    Variable(
        "HUOBIAO_COOKIE_SECURE",
        "cookie_secure",
        _boolean,
        N_("登录状态只经 https 传送;不填就看公开地址"),
        "auto",
    ),
    Variable(
        "HUOBIAO_TRUSTED_PROXIES",
        "trusted_proxies",
        _networks,
        N_("可以相信其 X-Forwarded-* 的前置代理,IP 或网段,逗号隔开"),
        "",
    ),
    Variable("HUOBIAO_SESSION_DAYS", "session_days", _integer(1, 365), N_("多少天不用就要重新登录"), "30"),
    Variable(
        "HUOBIAO_KEEP_RUNS_DAYS",
        "keep_runs_days",
        _integer(1, 3650),
        N_("自动化的运行记录留多少天;失败了还没处理的一直留着"),
        "90",
    ),
    Variable(
        "HUOBIAO_AUTOMATION_RUNS_PER_MINUTE",
        "automation_runs_per_minute",
        _integer(10, 10_000_000),
        N_("一个自动化一分钟里最多被别的自动化引起多少次运行;超过就先暂停并通知"),
        "20000",
    ),
    Variable(
        "HUOBIAO_MAX_UPLOAD_MB", "max_upload_mb", _integer(1, 4096), N_("单个上传文件的上限(MB)"), "100"
    ),
    Variable(
        "HUOBIAO_KEEP_FILES_DAYS",
        "keep_files_days",
        _integer(1, 3650),
        N_("附件从所有记录里移除之后还留多少天,这段时间里可以撤销"),
        "30",
    ),
    Variable(
        "HUOBIAO_S3_BUCKET",
        "s3_bucket",
        str,
        N_("附件存到这个 S3 存储桶;不填就存在数据文件夹的 files 里"),
        "",
    ),
    Variable(
        "HUOBIAO_S3_ENDPOINT",
        "s3_endpoint",
        _url("http", "https"),
        N_("对象存储的地址,如 MinIO 或云厂商的 S3 兼容地址;不填就是 AWS"),
        "",
    ),
    Variable("HUOBIAO_S3_REGION", "s3_region", str, N_("存储桶所在的地域"), "us-east-1"),
    Variable("HUOBIAO_S3_ACCESS_KEY", "s3_access_key", str, N_("对象存储的访问密钥 ID"), "", secret=True),
    Variable("HUOBIAO_S3_SECRET_KEY", "s3_secret_key", str, N_("对象存储的访问密钥"), "", secret=True),
    Variable(
        "HUOBIAO_S3_PATH_STYLE",
        "s3_path_style",
        _boolean,
        N_("存储桶的名字写在路径里;要写在域名里的云厂商填 0"),
        "1",
    ),
    Variable(
        "HUOBIAO_REFRESH_AT_ONCE",
        "refresh_at_once",
        _integer(0, 100_000),
        N_("一次保存最多当场重算多少条别的记录;更多的由后台接着算"),
        "1000",
    ),
    Variable(
        "HUOBIAO_LARGE_TABLE_ROWS",
        "large_table_rows",
        _integer(0, 10_000_000),
        N_("超过多少条记录的数据表,新增计算字段、改字段类型放到后台做"),
        "20000",
    ),
    Variable(
        "HUOBIAO_ALLOW_PRIVATE_OUTBOUND",
        "allow_private_outbound",
        _boolean,
        N_("允许自动化访问内网地址;默认不允许,以免被用来探测内网"),
        "0",
    ),
    Variable(
        "HUOBIAO_WECOM_BASE_URL",
        "wecom_base_url",
        _url("http", "https"),
        N_("企业微信接口的地址;私有部署的企业微信填自己的"),
        "https://qyapi.weixin.qq.com",
    ),
    Variable(
        "HUOBIAO_CONNECTORS",
        "connectors",
        _connectors,
        N_("消息怎么发:real 真发,console 只写进日志,null 不发;后两种用于开发"),
        "real",
    ),
    Variable("HUOBIAO_LOG_LEVEL", "log_level", _log_level, N_("日志的详细程度"), "info"),
    Variable("HUOBIAO_LOG_JSON", "log_json", _boolean, N_("日志写成 JSON,方便收集"), "0"),
    Variable("HUOBIAO_LANGUAGE", "language", _language, N_("命令行说哪种语言,zh 或 en;不填就看系统"), "auto"),
)
