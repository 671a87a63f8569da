"""What ``huobiao doctor`` looks at: one function per subject, each giving findings with what to do about
them.
"""

from __future__ import annotations

import platform
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import asyncpg
import msgspec
import psutil
import redis

from migrations.state import OLDEST_SERVER, pending
from runtime.errors import HuobiaoError
from runtime.files.stores import Stores
from runtime.i18n import N_, Message
from runtime.services import DataFolder, RunningServices
from runtime.settings import VARIABLES, Settings

Status = Literal["ok", "warn", "fail"]
_MEGABYTE = 1024 * 1024
_OLDEST_PYTHON = (3, 11)
_OLDEST_NODE = (20, 19)
_OLDEST_REDIS = (6, 2)
# set by ourselves for children, or read by the command line only
_OTHER_VARIABLES = {"HUOBIAO_SUPERVISOR", "HUOBIAO_DEBUG"}
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Finding(msgspec.Struct, frozen=True):
    """One line of the report: the subject, how it stands, what was found and, unless all is well, what to
    do.
    """

    subject: Message
    status: Status
    found: Message
    advice: Message | None = None


def _m(msgid: str, **params: Any) -> Message:
    return Message(msgid, params)


def machine(settings: Settings) -> Iterator[Finding]:
    """Python, disk, memory, browser assets, Node, Chromium: what does not need the servers."""
    yield _python()
    yield _disk(settings)
    yield _memory()
    yield _assets()
    yield _chromium()


def _python() -> Finding:
    found = _m("{version} ({path})", version=platform.python_version(), path=sys.executable)
    if sys.version_info < _OLDEST_PYTHON:
        return Finding(_m("Python"), "fail", found, _m(N_("需要 Python 3.11 或更新的版本")))
    return Finding(_m("Python"), "ok", found)


def _disk(settings: Settings) -> Finding:
    existing = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(existing).free // _MEGABYTE
    found = _m(N_("{folder} 所在的磁盘还有 {free} MB"), folder=settings.data_dir, free=free)
    if free < 200:
        return Finding(_m(N_("磁盘空间")), "fail", found, _m(N_("马上腾出空间,否则写不进数据")))
    if free < 2048:
        return Finding(_m(N_("磁盘空间")), "warn", found, _m(N_("最好留出 2 GB 以上")))
    return Finding(_m(N_("磁盘空间")), "ok", found)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    free, total = memory.available // _MEGABYTE, memory.total // _MEGABYTE
    found = _m(N_("可用 {free} MB,共 {total} MB"), free=free, total=total)
    if free < 512:
        return Finding(_m(N_("内存")), "warn", found, _m(N_("整套服务大约要 500 MB,请关掉别的程序或加内存")))
    return Finding(_m(N_("内存")), "ok", found)


def _assets() -> Finding:
    from ui.assets import MANIFEST

    if MANIFEST.exists():
        return Finding(_m(N_("网页资源")), "ok", _m(N_("已构建")))
    node = _node()
    advice = _m(N_("运行 make install")) if node else _m(N_("安装 Node.js 20.19 以上,再运行 make install"))
    return Finding(_m(N_("网页资源")), "fail", _m(N_("还没有构建(Node.js:{node})"), node=node or "-"), advice)


def _node() -> str:
    """The version of Node on PATH when it is new enough; else that of the wheel; else nothing."""
    candidates = [shutil.which("node"), str(Path(sys.executable).with_name("node"))]
    for candidate in candidates:
        version = _version_of(candidate, "--version") if candidate else ""
        if version and _numbers(version) >= _OLDEST_NODE:
            return version
    return ""


def _chromium() -> Finding:
    path = next((found for name in _CHROMIUMS if (found := shutil.which(name))), None)
    if path:
        version = _version_of(path, "--version")
        return Finding(_m("Chromium"), "ok", _m("{version} ({path})", version=version, path=path))
    return Finding(_m("Chromium"), "ok", _m(N_("没有;只有运行浏览器测试(make test)才需要")))


def _version_of(command: str, option: str) -> str:
    try:
        done = subprocess.run([command, option], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.lstrip("v").split(".")[:2] if part.isdigit())


def configuration(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Variables nobody reads, the key, the address, the way out."""
    known = {variable.name for variable in VARIABLES} | _OTHER_VARIABLES
    for name in sorted(environ):
        if name.startswith("HUOBIAO_") and name not in known and not name.startswith("HUOBIAO_TEST_"):
            advice = _m(N_("是不是写错了?看下面的列表"))
            yield Finding(_m(N_("配置")), "warn", _m(N_("不认识变量 {name}"), name=name), advice)
    yield _key(settings)
    if settings.base_url.startswith("https:"):
        yield Finding(_m(N_("公开地址")), "ok", _m("{url}", url=settings.base_url))
    else:
        yield Finding(
            _m(N_("公开地址")),
            "warn" if settings.public_url else "ok",
            _m(N_("{url}(不是 https,手机上不能用摄像头扫码)"), url=settings.base_url),
            _m(N_("在前面放一个有证书的代理,并设 HUOBIAO_PUBLIC_URL")),
        )
    private = _m(N_("允许访问内网地址")) if settings.allow_private_outbound else _m(N_("不允许访问内网地址"))
    yield Finding(
        _m(N_("外呼")),
        "warn" if settings.allow_private_outbound else "ok",
        _m(N_("{private};企业微信:{wecom}"), private=private, wecom=settings.wecom_base_url),
        _m(N_("只有自动化确实要访问内网系统时才打开")) if settings.allow_private_outbound else None,
    )


def _key(settings: Settings) -> Finding:
    subject = _m(N_("密钥"))
    if settings.secret_key:
        return Finding(subject, "ok", _m(N_("由 HUOBIAO_SECRET_KEY 给出")))
    path = DataFolder(settings.data_dir).secret_key
    if not path.exists():
        return Finding(subject, "ok", _m(N_("还没有,第一次用到时会生成 {path}"), path=path))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding(
            subject,
            "warn",
            _m(N_("{path} 别人也能读"), path=path),
            _m(N_("运行 chmod 600 {path}"), path=path),
        )
    return Finding(subject, "ok", _m("{path}", path=path))


async def attachments(settings: Settings) -> Finding:
    """Whether attachments can be written, read and deleted where they are to lie."""
    subject = _m(N_("附件存储"))
    bucket = settings.s3_bucket
    if bucket:
        found = _m(N_("附件在对象存储 {bucket} 里,备份不包含它们"), bucket=bucket)
        advice = _m(N_("检查对象存储的地址、桶名、密钥和权限(读、写、删)"))
    else:
        found = _m(N_("附件在 {folder}"), folder=DataFolder(settings.data_dir).files)
        advice = _m(N_("检查这个文件夹的权限和磁盘"))
        if not DataFolder(settings.data_dir).files.exists():
            return Finding(subject, "ok", found)
    try:
        stores = Stores(settings)
        await stores.named(stores.current).check()
    except HuobiaoError as error:
        return Finding(subject, "fail", error.message, advice)
    return Finding(subject, "ok", found)


def serving(settings: Settings) -> Finding:
    """Whether ``serve`` runs on this data folder."""
    running = RunningServices.read(DataFolder(settings.data_dir).services)
    if running:
        return Finding(
            _m(N_("服务")),
            "ok",
            _m(N_("正在运行:{url},进程 {pid}"), url=running.url, pid=running.supervisor.pid),
        )
    return Finding(_m(N_("服务")), "ok", _m(N_("没有在运行")))


async def database(database_url: str) -> list[Finding]:
    """Version, speed, size, clock and migrations of PostgreSQL."""
    subject = _m("PostgreSQL")
    try:
        connection = await asyncpg.connect(database_url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return [
            Finding(
                subject, "fail", _m(N_("连不上:{reason}"), reason=str(error)), _m(N_("检查地址、密码和网络"))
            )
        ]
    try:
        number = int(await connection.fetchval("SHOW server_version_num"))
        version = await connection.fetchval("SHOW server_version")
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
        drift = abs(
            time.time() - float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
        )
        latency = await _latency(connection)
    finally:
        await connection.close()
    found = _m(
        N_("{version},往返 {latency} 毫秒,{size} MB"),
        version=version,
        latency=f"{latency * 1000:.2f}",
        size=size // _MEGABYTE,
    )
    findings = [Finding(subject, "ok", found)]
    if number < OLDEST_SERVER:
        findings = [Finding(subject, "fail", found, _m(N_("需要 PostgreSQL 15 或更新的版本")))]
    elif latency > 0.02:
        findings = [Finding(subject, "warn", found, _m(N_("往返太慢,网页会变慢;把数据库放近一些")))]
    if drift > 5:
        advice = _m(N_("在两台机器上都开启时间同步"))
        findings.append(
            Finding(_m(N_("时钟")), "warn", _m(N_("和数据库相差 {seconds} 秒"), seconds=int(drift)), advice)
        )
    findings.append(await _migrations(database_url))
    return findings


async def _latency(connection: asyncpg.Connection) -> float:
    """Seconds of the fastest of a few round trips."""
    times = []
    for _attempt in range(5):
        started = time.perf_counter()
        await connection.fetchval("SELECT 1")
        times.append(time.perf_counter() - started)
    return min(times)


async def _migrations(database_url: str) -> Finding:
    subject = _m(N_("数据库结构"))
    try:
        missing = await pending(database_url)
    except (HuobiaoError, asyncpg.PostgresError) as error:
        return Finding(subject, "fail", _m(N_("查不了:{reason}"), reason=str(error)))
    if missing:
        advice = _m(N_("启动 serve 时会自动升级;分开部署时请运行 huobiao migrate"))
        return Finding(subject, "warn", _m(N_("有 {count} 个升级还没执行"), count=len(missing)), advice)
    return Finding(subject, "ok", _m(N_("是最新的")))


def message_server(redis_url: str) -> Finding:
    """Version and speed of Redis."""
    subject = _m("Redis")
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()  # connects
            started = time.perf_counter()
            client.ping()
            latency = time.perf_counter() - started
            info: dict[str, Any] = client.info("server")
    except (redis.RedisError, OSError) as error:
        return Finding(
            subject, "fail", _m(N_("连不上:{reason}"), reason=str(error)), _m(N_("检查地址、密码和网络"))
        )
    version = str(info.get("valkey_version") or info.get("redis_version"))
    name = "Valkey" if "valkey_version" in info else "Redis"
    found = _m(
        N_("{name} {version},往返 {latency} 毫秒"),
        name=name,
        version=version,
        latency=f"{latency * 1000:.2f}",
    )
    if name == "Redis" and _numbers(version) < _OLDEST_REDIS:
        return Finding(subject, "fail", found, _m(N_("需要 Redis 6.2 以上或 Valkey")))
    return Finding(subject, "ok", found)


def settings_in_force(settings: Settings, environ: Mapping[str, str]) -> list[dict[str, str]]:
    """Every variable with its value in force (secrets hidden), whether it was given, and its meaning (a
    msgid).
    """
    rows = []
    for variable in VARIABLES:
        value = getattr(settings, variable.field)
        shown = (
            "" if value is None else ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        )
        rows.append(
            {
                "name": variable.name,
                "value": "******" if variable.secret and value else shown or variable.default,
                "given": "yes" if environ.get(variable.name) else "",
                "meaning": variable.meaning,
            }
        )
    return rows
