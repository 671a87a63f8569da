"""How values look, for server-rendered pages; the islands' twin is ``ui/islands/fields/field.ts``."""

from __future__ import annotations

from runtime.definitions.fields import Choice, FieldConfig, MultiSelect, SingleSelect

OPEN_GLYPHS = ("start", "quarter", "half", "most")
_BY_KIND = {"done": "done", "cancelled": "closed", "waiting": "back"}


def choice_of(config: FieldConfig, name: object) -> Choice | None:
    """The choice of a select by its name; None for other fields and unknown names."""
    if not isinstance(config, SingleSelect | MultiSelect):
        return None
    return next((choice for choice in config.choices if choice.name == name), None)


def state_glyph(config: FieldConfig, name: object) -> str:
    """The glyph of a state: done and cancelled ones by their kind, waiting ones by the turning arrow, open ones by how
    far along the row of open states they stand. "" for a select that is no state machine."""
    choice = choice_of(config, name)
    if choice is None or not isinstance(config, SingleSelect) or config.machine is None:
        return ""
    kinds = {state.choice: state.kind for state in config.machine.states}
    kind = kinds.get(choice.id, "open")
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    open_states = [other.id for other in config.choices if kinds.get(other.id, "open") == "open"]
    place = open_states.index(choice.id)
    if place == 0:
        return OPEN_GLYPHS[0]
    if len(open_states) <= len(OPEN_GLYPHS):
        return OPEN_GLYPHS[place]
    share = place / (len(open_states) - 1)
    return OPEN_GLYPHS[max(1, int(share * (len(OPEN_GLYPHS) - 1) + 0.5))]
