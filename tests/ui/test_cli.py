"""The command line, as a person and as a script use it: results on stdout, one line of cause on stderr."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from builder import fields
from builder.wire import FieldSpec
from runtime.accounts import first_owner
from runtime.settings import Settings
from tests.conftest import SECRET_KEY
from tests.support.command import huobiao
from ui.bootstrap import build
from ui.cli import COMMANDS

PASSWORD = "a-long-enough-secret-1"
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(module_database_url: str, redis_address: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """``huobiao`` on one installation of this module, with an owner."""
    data = tmp_path_factory.mktemp("cli") / "data"
    variables = {
        "HUOBIAO_DATABASE_URL": module_database_url,
        "HUOBIAO_REDIS_URL": redis_address,
        "HUOBIAO_SECRET_KEY": SECRET_KEY,
    }

    def command(*arguments: str | Path, text: str = "", **more: str) -> CompletedProcess[str]:
        return huobiao(*arguments, data=data, text=text, variables=variables | more)

    made = command("user", "create", "--email", "owner@example.com", "--password", PASSWORD)
    assert made.returncode == 0, made.stderr
    return command


def cause(done: CompletedProcess[str], code: int = 1) -> str:
    """The one line of a command that failed."""
    assert done.returncode == code, (done.stdout, done.stderr)
    [line] = done.stderr.splitlines()
    assert line.startswith("huobiao: ")
    return line


def test_every_command_explains_itself() -> None:
    overview = huobiao("--help")
    assert overview.returncode == 0
    assert all(f"  {name} " in overview.stdout for name in COMMANDS)
    for words in (
        ["user", "create"],
        ["token", "create"],
        ["template", "install"],
        ["formula", "eval"],
        ["doctor"],
    ):
        done = huobiao(*words, "--help")
        assert done.returncode == 0, done.stderr
        assert "Options:" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("serve", "--nonsense"),
        ("user", "create"),
        ("token", "create", "--email"),
        ("restore", "/none"),
    ],
)
def test_a_wrong_call_is_said_in_one_line(arguments: tuple[str, ...]) -> None:
    cause(huobiao(*arguments), code=2)


def test_a_wrong_setting_stops_every_command_and_names_the_variable() -> None:
    assert "HUOBIAO_PORT" in cause(huobiao("migrate", variables={"HUOBIAO_PORT": "http"}))
    assert "8080000" in cause(huobiao("serve", "--port", "8080000"))


def test_the_cause_of_an_unreachable_database_is_one_line_and_a_traceback_only_on_demand(
    tmp_path: Path,
) -> None:
    variables = {
        "HUOBIAO_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "HUOBIAO_REDIS_URL": "redis://127.0.0.1:1",
    }
    assert "连不上数据库" in cause(huobiao("migrate", data=tmp_path, variables=variables))
    detailed = huobiao("migrate", data=tmp_path, variables=variables | {"HUOBIAO_DEBUG": "1"})
    assert detailed.returncode != 0
    assert "Traceback" in detailed.stderr


def test_it_speaks_english_to_who_wants_it() -> None:
    done = huobiao("formula", "eval", variables={"HUOBIAO_LANGUAGE": "en"})
    assert "Give a formula" in cause(done, code=2)
    assert "Back up database" in huobiao("backup", "--help", variables={"HUOBIAO_LANGUAGE": "en"}).stdout


def test_accounts_are_made_and_mistakes_explained(run: Run) -> None:
    second = run("user", "create", "--email", "second@example.com", text=PASSWORD + "\n")
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith("usr")
    again = run("user", "create", "--email", "second@example.com", "--password", PASSWORD)
    assert "second@example.com" in cause(again)
    assert run("user", "create", "--email", "x", "--password", "y").returncode == 1


def test_a_forgotten_password_is_replaced(run: Run) -> None:
    done = run("user", "password", "--email", "owner@example.com", text="another-good-1\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "8" in cause(run("user", "password", "--email", "owner@example.com", "--password", "short"))
    assert run("user", "password", "--email", "owner@example.com", "--password", PASSWORD).returncode == 0
    assert "nobody@example.com" in cause(
        run("user", "password", "--email", "nobody@example.com", "--password", PASSWORD)
    )


def test_a_token_stands_alone_on_stdout(run: Run) -> None:
    done = run("token", "create", "--email", "owner@example.com", "--name", "导入脚本")
    assert done.returncode == 0, done.stderr
    [token] = done.stdout.splitlines()
    assert token.startswith("hb_")
    assert " " not in token
    assert "nobody@example.com" in cause(run("token", "create", "--email", "nobody@example.com"))


def test_templates_are_listed_installed_bound_and_exported(run: Run, tmp_path: Path) -> None:
    listed = run("template", "list").stdout
    assert "order-pool" in listed
    assert "order-lookup" in listed
    installed = run("template", "install", "order-pool", "--app", "我的订单")
    assert installed.returncode == 0, installed.stderr
    app = installed.stdout.strip()
    assert app.startswith("app")
    bound = run("template", "install", "order-lookup", "--app", "我的订单", "--table", "主订单池")
    assert bound.returncode == 0, bound.stderr
    assert bound.stdout.splitlines()[1].endswith("/w/order-lookup")
    exported = run("template", "export", "我的订单", tmp_path / "mine")
    assert exported.returncode == 0, exported.stderr
    template = yaml.safe_load((tmp_path / "mine" / "template.yaml").read_text(encoding="utf-8"))
    assert "主订单池" in str(template["tables"])
    assert "order-pool" in cause(run("template", "install", "no-such-template"))
    assert "没有叫" in cause(run("template", "export", "没有的应用", tmp_path / "none"))


def test_a_role_can_be_given_in_one_app(run: Run) -> None:
    run("template", "install", "order-pool", "--app", "给人看的")
    made = run(
        *("user", "create", "--email", "viewer@example.com", "--password", PASSWORD),
        *("--role", "viewer", "--app", "给人看的"),
    )
    assert made.returncode == 0, made.stderr
    refused = run("template", "export", "给人看的", "/dev/null/x", "--as", "viewer@example.com")
    assert "查看者" in cause(refused)


def test_a_file_is_imported_into_a_table(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "客户.csv"
    file.write_text("姓名,手机\n王芳,13800138000\n李强,13900139000\n", encoding="utf-8-sig")
    done = run(
        "import",
        file,
        "--table",
        "客户名单",
        "--app",
        run("template", "install", "order-pool").stdout.strip(),
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "2" in done.stdout


@pytest.mark.parametrize(
    ("expression", "values", "shown"),
    [
        ("0.1+0.2", {}, "0.3"),
        ('IF({订单状态}="已支付", {实付金额}*0.9, 0)', {"订单状态": "已支付", "实付金额": 1299.5}, "1169.55"),
        ("{下单}+1", {"下单": "2026-01-31"}, "2026-02-01"),
        ('{空}&"x"', {"空": None}, "x"),
        ("1/0", {}, "#DIV/0!"),
        ("1=1", {}, "TRUE"),
    ],
)
def test_a_formula_is_computed(expression: str, values: dict[str, object], shown: str) -> None:
    done = huobiao("formula", "eval", "--values", json.dumps(values), expression)
    assert (done.returncode, done.stdout) == (0, shown + "\n")


def test_a_text_that_is_no_formula_is_refused() -> None:
    cause(huobiao("formula", "eval", "1+"))
    cause(huobiao("formula", "eval", "--values", "[1]", "1"))


def test_a_batch_of_formulas_is_answered_line_by_line_whatever_is_in_it() -> None:
    lines = [
        {"expression": "{a}*1.1", "values": {"a": 3.3}},
        {"expression": "1/0"},
        {"expression": "{a}&{b}", "values": {"a": "红", "b": None}},
        {"expression": "NOSUCH(1)"},
        {"expression": "DATE(2026,1,31)"},
    ]
    text = "\n".join([*(json.dumps(line) for line in lines), "not json", "", '{"expression":"TRUE"}'])
    done = huobiao("formula", "eval", "--batch", text=text + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert answers[:3] == [{"value": 3.63}, {"error": "#DIV/0!"}, {"value": "红"}]
    assert answers[3]["code"] == "formula_name"
    assert answers[4] == {"value": "2026-01-31"}
    assert answers[5]["code"] == "bad_line"
    assert answers[6] == {"value": True}


def test_doctor_tells_how_things_stand(run: Run) -> None:
    report = json.loads(run("doctor", "--json", HUOBIAO_PROT="1").stdout)
    by_subject = {check["subject"]: check for check in report["checks"]}
    assert by_subject["PostgreSQL"]["status"] == "ok"
    assert by_subject["Redis"]["status"] == "ok"
    assert by_subject["数据库结构"]["status"] == "ok"
    assert by_subject["配置"]["status"] == "warn"
    assert "HUOBIAO_PROT" in by_subject["配置"]["found"]
    settings = {row["name"]: row for row in report["settings"]}
    assert settings["HUOBIAO_SECRET_KEY"]["value"] == "******"
    assert settings["HUOBIAO_DATABASE_URL"]["value"] == "******"
    assert settings["HUOBIAO_PORT"] | {"meaning": ""} == {
        "name": "HUOBIAO_PORT",
        "value": "8787",
        "given": False,
        "meaning": "",
    }


def test_doctor_computes_everything_again_and_repairs_what_differs(
    run: Run, module_database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "库存.csv"
    file.write_text("货号,数量\nA,2\nB,3\n", encoding="utf-8")
    target = run("template", "install", "order-pool").stdout.strip()
    brought = run("import", file, "--table", "核对表", "--app", target)
    assert brought.returncode == 0, brought.stderr
    assert run("doctor", "--repair").returncode == 2

    async def draw() -> None:
        system = build(
            Settings(database_url=module_database_url, redis_url="redis://127.0.0.1:1", secret_key=SECRET_KEY)
        )
        await system.start()
        actor = await first_owner(system)
        app = next(
            a for a in (await system.catalogs.current()).apps if any(t.name == "核对表" for t in a.tables)
        )
        table = next(t for t in app.tables if t.name == "核对表")
        spec = FieldSpec(name="双倍", type="formula", options={"source": "{数量}*2"})
        field = await fields.create(system, actor, table.id, spec)
        await system.db.execute(f"UPDATE {table.sql} SET {field.column} = 7 WHERE id = 1")
        await system.stop()

    asyncio.run(draw())
    done = run("doctor", "--recompute-check", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    (found,) = report["differences"]
    assert (found["table"], found["field"], found["count"], len(found["examples"])) == (
        "核对表",
        "双倍",
        1,
        1,
    )
    assert "核对表 / 双倍" in run("doctor", "--recompute-check").stdout
    assert run("doctor", "--recompute-check", "--repair").returncode == 0
    clean = run("doctor", "--recompute-check")
    assert (clean.returncode, "没有差异" in clean.stdout) == (0, True)


def test_doctor_fails_with_what_to_do_when_a_server_is_away(run: Run) -> None:
    done = run("doctor", HUOBIAO_REDIS_URL="redis://127.0.0.1:1")
    assert done.returncode == 1
    assert "✗ Redis" in done.stdout
    assert "→ " in done.stdout
