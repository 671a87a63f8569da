"""How values look on pages made by the server: the same as in the islands (``ui/islands/fields/format.test.ts``)."""

from __future__ import annotations

from runtime.definitions.fields import Choice, MultiSelect, SingleSelect, Text
from runtime.definitions.states import State, StateMachine
from ui.looks import choice_of, state_glyph
from ui.render import environment

NAMES = ("待支付", "已支付", "审核中", "已发货", "已完成", "已关闭", "售后中")
CHOICES = tuple(Choice(number, name, "blue") for number, name in enumerate(NAMES, 1))
MACHINE = StateMachine((1,), states=(State(5, "done"), State(6, "cancelled"), State(7, "waiting")))
ORDER = SingleSelect(CHOICES, MACHINE)


def test_states_fill_their_glyph_as_they_move_on() -> None:
    glyphs = [state_glyph(ORDER, name) for name in NAMES]
    assert glyphs == ["start", "quarter", "half", "most", "done", "closed", "back"]


def test_waiting_for_others_is_a_place_on_the_way_too() -> None:
    kinds = (
        State(1, "waiting"),
        State(4, "waiting"),
        State(5, "done"),
        State(6, "cancelled"),
        State(7, "open"),
    )
    config = SingleSelect(CHOICES, StateMachine((1,), states=kinds))
    glyphs = [state_glyph(config, name) for name in NAMES]
    assert glyphs == ["start", "quarter", "half", "most", "done", "closed", "back"]


def test_many_open_states_share_four_glyphs() -> None:
    config = SingleSelect(tuple(Choice(number, str(number)) for number in range(1, 9)), StateMachine((1,)))
    glyphs = [state_glyph(config, str(number)) for number in range(1, 9)]
    assert glyphs[0] == "start"
    assert glyphs[-1] == "most"
    assert glyphs == sorted(glyphs, key=("start", "quarter", "half", "most").index)


def test_other_fields_have_no_glyph() -> None:
    assert state_glyph(SingleSelect(CHOICES), "已支付") == ""
    assert state_glyph(ORDER, "没有这个") == ""
    assert choice_of(Text(), "已支付") is None
    assert choice_of(MultiSelect(CHOICES), "已支付") == CHOICES[1]


def test_an_option_is_a_pill_where_it_is_a_state_and_else_a_tag() -> None:
    template = environment().from_string(
        '{% from "kit/kit.html" import option %}{{ option(config, "已支付") }}'
    )
    assert 'class="pill c-blue"' in template.render(config=ORDER)
    assert "#state-quarter" in template.render(config=ORDER)
    assert 'class="tag c-blue"' in template.render(config=MultiSelect(CHOICES))
