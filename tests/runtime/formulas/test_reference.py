"""The written reference and the English catalogue say what the code says."""

from __future__ import annotations

import ast
from pathlib import Path

from babel.messages.pofile import read_po

from runtime.formulas import reference
from runtime.formulas.functions import ALL
from runtime.formulas.functions.base import FAMILY_TITLES

ROOT = Path(__file__).parents[3]


def _english() -> dict[str, str]:
    with (ROOT / "ui/locale/en/parts/formulas.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def test_the_reference_is_current() -> None:
    page = (ROOT / "docs/formulas.md").read_text()
    assert page == reference.markdown(), "run: python -m runtime.formulas.reference > docs/formulas.md"


def test_every_sentence_has_english() -> None:
    english = _english()
    for path in sorted((ROOT / "runtime/formulas").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
                msgid = ast.literal_eval(node.args[0])
                assert english.get(msgid), f"{path.name}: no English for {msgid!r}"


def test_the_english_of_functions_is_that_of_their_declarations() -> None:
    english = _english()
    for function in ALL:
        assert english[function.help] == function.english
        assert not function.differs or english[function.differs] == function.differs_english
        assert english.get(function.signature(), function.signature()) == function.english_signature()
    for chinese, title in FAMILY_TITLES.values():
        assert english[chinese] == title
