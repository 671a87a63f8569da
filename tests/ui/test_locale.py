"""Every sentence a person can read has English, with the same places in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.i18n import N_
from ui.locale import catalogue

ROOT = Path(__file__).parents[2]
PACKAGES = ("runtime", "builder", "templates_market", "ui")
ENGLISH = catalogue.read("en")

MARKERS = {"N_", "_", "gettext", "Message", "text"}
"""Python calls whose first argument is a msgid; `text` is Reader.text, `gettext` the translator's."""
TEMPLATE_CALL = re.compile(r"""(?<![\w.])_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
SCRIPT_CALL = re.compile(r"""(?<![\w.])(?:t|N_)\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
PLACE = re.compile(r"\{(\w+)(?:\|[^{}|]*\|[^{}|]*)?\}")
DOUBLED = re.compile(r"\{\{.*?\}\}")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def python_msgids(path: Path) -> Iterator[str]:
    """Marked msgids of a module, and first arguments of raised errors (``InvalidInput("…")``)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        first = node.args[0]
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            continue
        if name in MARKERS and CHINESE.search(first.value):
            yield first.value


def text_msgids(path: Path, call: re.Pattern[str]) -> Iterator[str]:
    """Msgids in calls of a template or script (a template's comments aside)."""
    for match in call.finditer(COMMENT.sub("", path.read_text("utf-8"))):
        yield ast.literal_eval(match[1])


def all_msgids() -> dict[str, Path]:
    """Every msgid of the product and a file it stands in."""
    found: dict[str, Path] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found.update(dict.fromkeys(python_msgids(path), path))
    for path in (ROOT / "ui" / "templates").rglob("*.html"):
        found.update(dict.fromkeys(text_msgids(path, TEMPLATE_CALL), path))
    for path in (ROOT / "ui" / "islands").rglob("*.ts"):
        if not path.name.endswith(".test.ts"):
            found.update(dict.fromkeys(text_msgids(path, SCRIPT_CALL), path))
    return found


def test_every_sentence_has_english() -> None:
    missing = [
        f"{path.relative_to(ROOT)}: {msgid}" for msgid, path in all_msgids().items() if msgid not in ENGLISH
    ]
    assert not missing, "No English in ui/locale/en/parts/*.po for:\n" + "\n".join(sorted(missing))


def test_english_has_the_same_places() -> None:
    wrong = [
        f"{msgid} -> {sentence}"
        for msgid, sentence in ENGLISH.items()
        if set(PLACE.findall(DOUBLED.sub("", msgid))) != set(PLACE.findall(DOUBLED.sub("", sentence)))
    ]
    assert not wrong, "\n".join(wrong)


def test_english_is_english() -> None:
    wrong = [sentence for sentence in ENGLISH.values() if CHINESE.search(sentence.replace("活表", ""))]
    assert not wrong, "\n".join(wrong)


def test_rooms_translate_a_sentence_in_one_way() -> None:
    assert catalogue.read("en", strict=True)  # raises where two files disagree


def test_a_sentence_translated_in_two_ways_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tmp_path / "en" / "parts"
    parts.mkdir(parents=True)
    (parts / "a.po").write_text(f'msgid "{N_("保存")}"\nmsgstr "Save"\n', "utf-8")
    (parts / "b.po").write_text(f'msgid "{N_("保存")}"\nmsgstr "Keep"\n', "utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    with pytest.raises(catalogue.ConflictingTranslation, match=r"a\.po, b\.po"):
        catalogue.read("en", strict=True)
    assert catalogue.read("en") == {"保存": "Save"}
