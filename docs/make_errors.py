"""Write the list of all error codes into ``docs/errors.md``: ``python docs/make_errors.py``.

The codes and their sentences are read out of the source; a test holds the list to be complete.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from runtime.forms.asked import CLOSED_WORDS
from ui.locale import catalogue

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "errors.md"
TITLE = "## Every code"
_FLOORS = ("runtime", "builder", "templates_market", "ui")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# what is made of a part that is only known when it happens
_COMPOSED = {f"form_{why}": said for why, said in CLOSED_WORDS.items()} | {
    f"bad_{kind}": "内容不是能读的 JSON 或表单" for kind in ("json", "form")
}
# calls whose first words are a code, and calls in which one stands before its sentence
_FIRST = {"add", "warn", "refuse", "Problem"}
_BESIDE = {"_problem"}


def codes() -> dict[str, str]:
    """Every code that an error or a problem can have, with the msgid of a sentence it says ("" where none is near)."""
    found: dict[str, str] = {}
    for floor in _FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for code, said in _of_module(tree):
                if not found.get(code):
                    found[code] = said
    return dict(sorted((_COMPOSED | found).items()))


def documented() -> set[str]:
    """The codes that the page names."""
    return set(re.findall(r"`([a-z][a-z0-9_]*)`", PAGE.read_text(encoding="utf-8")))


def _of_module(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for scope in ast.walk(tree):
        if isinstance(scope, ast.ClassDef):
            yield from _of_class(scope)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            only = _sentences(scope)
            every = [*scope.args.posonlyargs, *scope.args.args]
            for one, default in [
                *zip(every[::-1], scope.args.defaults[::-1], strict=False),
                *zip(scope.args.kwonlyargs, scope.args.kw_defaults, strict=True),
            ]:
                if one.arg == "code" and (code := _text(default)):
                    yield code, only[0] if len(only) == 1 else ""
            for node in ast.walk(scope):
                for code, said in _of_node(node):
                    yield code, said or (only[0] if len(only) == 1 else "")
    for node in ast.walk(tree):
        yield from _of_node(node)


def _of_class(scope: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """``code = "…"`` of an error's class, with its default message."""
    for node in scope.body:
        target = (
            node.targets[0]
            if isinstance(node, ast.Assign)
            else node.target
            if isinstance(node, ast.AnnAssign)
            else None
        )
        if isinstance(target, ast.Name) and target.id in ("code", "error_code"):
            code = _text(getattr(node, "value", None))
            if code:
                yield code, next(iter(_sentences(scope)), "")


def _of_node(node: ast.AST) -> Iterator[tuple[str, str]]:
    """A call with ``code="…"``, with a code as its first word, or a code beside its sentence."""
    if isinstance(node, ast.Tuple):  # (what to look for, code, sentence)
        beside = node.elts if _name(node.elts[0] if node.elts else None) == "compile" else []
        yield from _beside(beside)
    if not isinstance(node, ast.Call):
        return
    said = next(iter(_sentences(node)), "")
    for keyword in node.keywords:
        if keyword.arg == "code" and (code := _text(keyword.value)):
            yield code, said
    name, given = _name(node), node.args
    if name in _FIRST and given and (code := _text(given[0])) and (len(given) > 1 or name == "Problem"):
        yield code, said
    elif name in _BESIDE:
        yield from _beside(given)


def _beside(parts: list[ast.expr]) -> Iterator[tuple[str, str]]:
    for first, second in itertools.pairwise(parts):
        if (code := _text(first)) and _name(second) == "N_":
            yield code, next(iter(_sentences(second)), "")


def _name(node: ast.AST | None) -> str:
    """What is called."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _text(node: ast.AST | None) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _sentences(node: ast.AST) -> list[str]:
    """The msgids that are marked inside."""
    return [
        str(call.args[0].value)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "N_"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]


def table() -> str:
    """The list as it stands in the page."""
    english = catalogue.read("en")
    lines = [
        TITLE,
        "",
        "Made by `docs/make_errors.py` from the source. A code may come with several sentences; this is one of them.",
        "",
        "| code | for example |",
        "|---|---|",
    ]
    for code, said in codes().items():
        sentence = " ".join((english.get(said) or said).split()).replace("|", "\\|")
        lines.append(f"| `{code}` | {sentence} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    before = PAGE.read_text(encoding="utf-8").partition(TITLE)[0].rstrip()
    PAGE.write_text(f"{before}\n\n{table()}", encoding="utf-8")


if __name__ == "__main__":
    main()
