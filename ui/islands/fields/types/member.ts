/** People in cells: members of the app, and who created or changed a record. */
import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { t } from "../../i18n";
import type { ControlOptions } from "../../record/control";
import { avatar, colorOf, initialOf } from "../../record/people";
import "../../select/hb-select";
import type { HbSelect } from "../../select/hb-select";
import type { Option } from "../../select/options";
import type { Field, Value } from "../field";
import type { TypeUi } from "./ui";

/** A person as the wire has it; `gone`: has left the app or was switched off. */
export interface Person {
  id: string;
  name: string;
  gone?: boolean;
}

/** Somebody to choose. */
export interface Candidate extends Person {
  email?: string;
}

/** In conditions and defaults: whoever looks, or creates the record. */
export const me = "$me";

/** The id of the person at this browser, "" where nobody is signed in. */
export function ownId(): string {
  return document.documentElement.dataset.user ?? "";
}

/** The people in a value; what was typed and not read yet are names without an id. */
export function peopleOf(value: Value): Person[] {
  const list = Array.isArray(value) ? (value as unknown[]) : value === null || value === undefined || value === "" ? [] : [value];
  return list.map((item) => (typeof item === "object" && item !== null ? (item as Person) : { id: "", name: String(item) }));
}

/** Whom a field may hold, oneself first, the others by name. */
export function candidates(field: Field): Candidate[] {
  const own = ownId();
  return [...(field.people ?? [])].sort((one, other) => Number(other.id === own) - Number(one.id === own));
}

function option(person: Candidate, names: ReadonlyMap<string, number>): Option {
  const sub = person.id === ownId() ? t("我") : person.gone ? t("已离开") : (names.get(person.name) ?? 0) > 1 ? person.email : undefined;
  return { value: person.id, label: person.name, person: true, sub, words: person.email };
}

function options(people: readonly Candidate[]): Option[] {
  const names = new Map<string, number>();
  for (const person of people) names.set(person.name, (names.get(person.name) ?? 0) + 1);
  return people.map((person) => option(person, names));
}

const meOption = (sub: string): Option => ({ value: me, label: t("我"), icon: "user-check", sub });

/** What conditions choose from: "me" first, for every viewer somebody else. */
function wanted(field: Field): Option[] {
  return [meOption(t("谁在看就是谁")), ...options(candidates(field))];
}

/** A person as a chip: avatar and name, greyed who has left. */
export function personChip(person: Person): TemplateResult {
  return html`<span class="person ${person.gone ? "gone" : ""}" data-tip=${person.gone ? t("{name}(已离开)", { name: person.name }) : nothing}>${avatar(person, "s")}<span class="cut">${person.name}</span></span>`;
}

function chipElement(person: Person): HTMLElement {
  const chip = document.createElement("span");
  chip.className = person.gone ? "person gone" : "person";
  if (person.gone) chip.dataset.tip = t("{name}(已离开)", { name: person.name });
  const face = document.createElement("span");
  face.className = `av s c-${colorOf(person.id)}`;
  face.setAttribute("aria-hidden", "true");
  face.textContent = initialOf(person.name);
  const name = document.createElement("span");
  name.className = "cut";
  name.textContent = person.name;
  chip.append(face, name);
  return chip;
}

/** About how wide a chip is. */
function chipWidth(person: Person): number {
  let width = 34;
  for (const letter of person.name) width += letter.charCodeAt(0) > 0x2e80 ? 13 : 7.2;
  return width;
}

function cell(box: HTMLElement, _field: Field, value: Value, width: number): void {
  const people = peopleOf(value);
  let used = 0;
  let shown = 0;
  for (const person of people) {
    used += chipWidth(person);
    if (shown && used + (shown < people.length - 1 ? 26 : 0) > width) break;
    shown += 1;
  }
  box.append(...people.slice(0, shown).map(chipElement));
  if (shown < people.length) {
    const more = document.createElement("span");
    more.className = "chip more";
    more.textContent = `+${people.length - shown}`;
    more.dataset.tip = people.slice(shown).map((person) => person.name).join(t("、"));
    box.append(more);
  }
}

const text = (_field: Field, value: Value): string => peopleOf(value).map((person) => person.name).join("、");

/** The chooser. Where whoever creates the record may be named (defaults), `field.options.me` is set. */
function control(field: Field, given: ControlOptions): TemplateResult {
  const many = field.options.many === true;
  const before = peopleOf(given.value).filter((person) => person.id !== "" || person.name === me).map((person) => (person.id ? person : { ...person, id: me }));
  const offered = candidates(field);
  const known = new Map<string, Person>([...before, ...offered].map((person) => [person.id, person]));
  const asMe = field.options.me === true;
  const gone = before.filter((person) => person.id !== me && !offered.some((one) => one.id === person.id)).map((person) => ({ ...person, gone: true }));
  const list = [...(asMe ? [meOption(t("新建这条的人"))] : []), ...options(offered), ...options(gone).map((one) => ({ ...one, disabled: true }))];
  const wire = (id: string): Value => (id === me ? me : { id, name: known.get(id)?.name ?? "" });
  let chosen: Value | undefined;
  const changed = (event: Event) => {
    event.stopPropagation();
    const { value } = event.target as HbSelect;
    chosen = many ? (value as string[]).map(wire) : value ? wire(value as string) : null;
    if (!given.immediate) given.commit(chosen);
  };
  const closed = () => {
    if (!given.immediate) return;
    if (chosen === undefined) given.cancel();
    else given.commit(chosen);
  };
  const begin = (element: Element | undefined) => {
    const box = element as HbSelect | undefined;
    if (!box || !given.immediate || box.dataset.begun) return;
    box.dataset.begun = "1";
    void box.updateComplete.then(() => box.open());
  };
  const empty = !many && !field.required;
  return html`<hb-select
    id=${given.id}
    class="ft-people"
    small
    search
    .label=${field.name}
    placeholder=${t("选人")}
    look="chip"
    ?multiple=${many}
    ?clearable=${empty}
    ?invalid=${given.invalid ?? false}
    .options=${[...list.slice(0, 1), ...(empty && before.length ? [{ value: "", label: t("(空)") }] : []), ...list.slice(1)]}
    .value=${many ? before.map((person) => person.id) : (before[0]?.id ?? "")}
    ${ref(begin)}
    @change=${changed}
    @hb:close=${closed}
  ></hb-select>`;
}

/** What a new record begins with: a default that says "me" is the person at this browser, who has left drops out. */
export function defaultPeople(field: Field): Value {
  const offered = new Map(candidates(field).map((person) => [person.id, person]));
  const people = peopleOf(field.default).flatMap((person) => {
    const found = offered.get(person.name === me || person.id === me ? ownId() : person.id || person.name);
    return found ? [{ id: found.id, name: found.name }] : [];
  });
  return field.options.many === true ? people : (people[0] ?? null);
}

const several = (op: string) => op === "is_any_of" || op === "is_none_of";

export const system: TypeUi = {
  icon: "user",
  width: 128,
  operators: ["is", "is_not", "is_any_of", "is_none_of", "contains", "not_contains", "is_empty", "is_not_empty"],
  valueKind: (op) => (op === "contains" || op === "not_contains" ? "text" : several(op) ? "choices" : "choice"),
  options: wanted,
  text,
  cell,
  template: (_field, value) => html`<span class="people">${peopleOf(value).map(personChip)}</span>`,
  start: {},
  settings: [],
  cannotBePrimary: true,
};

export const member: TypeUi = {
  ...system,
  icon: "users",
  width: 144,
  editText: text,
  control,
  room: { width: 220, height: 32 },
  start: { many: false },
  settings: ["many"],
};
