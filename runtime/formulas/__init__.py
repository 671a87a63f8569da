"""Formulas: a spreadsheet's language over the fields of a record.

Source text is parsed (:func:`parse`), understood over the fields of a table (:func:`check`), and then computed for one
record in Python (:func:`evaluate`; simpleeval does it, and its answer is the meaning) or for many in SQL
(:func:`compile_sql`; it must agree, and a property test holds it to that). Errors are values and never stop a write.
Formulas are stored with the ids of fields (:func:`bind`) and shown with their names (:func:`unbind`).

::

    source ── tokens ── parser ──▶ syntax tree ── checker ──▶ typed tree ─┬─▶ evaluator (Python)
                                                                          └─▶ sql (PostgreSQL)

Everything here is pure: no I/O.
"""

from __future__ import annotations

from runtime.formulas.catalogue import FunctionInfo, describe, functions
from runtime.formulas.checker import CheckedFormula, check
from runtime.formulas.evaluator import evaluate
from runtime.formulas.parser import parse
from runtime.formulas.problems import FormulaRejected, Span
from runtime.formulas.references import bind, dependencies, missing, names_creator, unbind, uses_clock
from runtime.formulas.sql import SqlExpression, compile_sql
from runtime.formulas.types import RECORD_PARTS, FieldInfo, FormulaError, Value, ValueType

__all__ = [
    "RECORD_PARTS",
    "CheckedFormula",
    "FieldInfo",
    "FormulaError",
    "FormulaRejected",
    "FunctionInfo",
    "Span",
    "SqlExpression",
    "Value",
    "ValueType",
    "bind",
    "check",
    "compile_sql",
    "dependencies",
    "describe",
    "evaluate",
    "functions",
    "missing",
    "names_creator",
    "parse",
    "unbind",
    "uses_clock",
]
