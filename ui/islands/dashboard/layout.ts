/** Where widgets stand on the 12-column grid, and how they make room for each other. */
import type { Place, Widget } from "./types";

export const columns = 12;

function overlaps(one: Place, other: Place): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}

/** A place inside the grid, of a size that can be seen. */
export function within(place: Place): Place {
  const w = Math.max(2, Math.min(columns, Math.round(place.w)));
  const h = Math.max(2, Math.min(40, Math.round(place.h)));
  return { w, h, x: Math.max(0, Math.min(columns - w, Math.round(place.x))), y: Math.max(0, Math.round(place.y)) };
}

/** The widgets with `moved` at `place`: what it overlaps goes down, then everything rises as far as it can. */
export function arranged(widgets: Widget[], moved: string, place: Place): Widget[] {
  const fixed = within(place);
  const rest = widgets.filter((widget) => widget.id !== moved).sort((a, b) => a.place.y - b.place.y || a.place.x - b.place.x);
  const placed: { id: string; place: Place }[] = [{ id: moved, place: fixed }];
  for (const widget of rest) {
    const wanted = { ...widget.place };
    while (placed.some((other) => overlaps(other.place, wanted))) wanted.y += 1;
    placed.push({ id: widget.id, place: wanted });
  }
  placed.sort((a, b) => a.place.y - b.place.y || a.place.x - b.place.x);
  const settled: { id: string; place: Place }[] = [];
  for (const one of placed) {
    const wanted = { ...one.place };
    while (wanted.y > 0 && !settled.some((other) => overlaps(other.place, { ...wanted, y: wanted.y - 1 }))) wanted.y -= 1;
    settled.push({ id: one.id, place: wanted });
  }
  const places = new Map(settled.map((one) => [one.id, one.place]));
  return widgets.map((widget) => ({ ...widget, place: places.get(widget.id) ?? widget.place }));
}

/** The first row under everything. */
export function bottom(widgets: Widget[]): number {
  return Math.max(0, ...widgets.map((widget) => widget.place.y + widget.place.h));
}

/** Where a new widget goes: beside the last one if there is room, else below everything. */
export function nextPlace(widgets: Widget[], size: { w: number; h: number }): Place {
  const last = [...widgets].sort((a, b) => a.place.y - b.place.y || a.place.x - b.place.x).at(-1)?.place;
  if (last) {
    const beside = { x: last.x + last.w, y: last.y, ...size };
    if (beside.x + beside.w <= columns && !widgets.some((widget) => overlaps(widget.place, beside))) return beside;
  }
  return { x: 0, y: bottom(widgets), ...size };
}
