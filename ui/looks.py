"""How values look, for server-rendered pages; the islands' twin is ``ui/islands/fields/field.ts``."""

from __future__ import annotations

from runtime.definitions.fields import Choice, FieldConfig, MultiSelect, SingleSelect

OPEN_GLYPHS = ("start", "quarter", "half", "most")
_ENDS = {"done": "done", "cancelled": "closed"}


def choice_of(config: FieldConfig, name: object) -> Choice | None:
    """The choice of a select by its name; None for other fields and unknown names."""
    if not isinstance(config, SingleSelect | MultiSelect):
        return None
    return next((choice for choice in config.choices if choice.name == name), None)


def state_glyph(config: FieldConfig, name: object) -> str:
    """The glyph of a state: ends (done, cancelled) by their kind, the others by how far along the way to the first end
    they stand; what comes behind an end, such as a return, has the turning arrow. "" for a select that is no machine."""
    choice = choice_of(config, name)
    if choice is None or not isinstance(config, SingleSelect) or config.machine is None:
        return ""
    kinds = {state.choice: state.kind for state in config.machine.states}
    kind = kinds.get(choice.id, "open")
    if kind in _ENDS:
        return _ENDS[kind]
    way: list[int] = []
    for other in config.choices:
        if kinds.get(other.id, "open") not in _ENDS:
            way.append(other.id)
        elif way:
            break
    if choice.id not in way:
        return "back"
    place = way.index(choice.id)
    if place == 0:
        return OPEN_GLYPHS[0]
    if len(way) <= len(OPEN_GLYPHS):
        return OPEN_GLYPHS[place]
    share = place / (len(way) - 1)
    return OPEN_GLYPHS[max(1, int(share * (len(OPEN_GLYPHS) - 1) + 0.5))]
