/** A choice that a select lacks, added while a cell is filled: by builders, to fields that are no state machines. */
import { api, showError } from "../api";
import type { HbSelect } from "../select/hb-select";
import type { Choice, Field } from "./field";

let allowed = false;

/** Whether the person at this page may change fields; nobody may until a page says so. */
export function allowNewChoices(may: boolean): void {
  allowed = may;
}

/** Let the list of choices of `field` take names that are not on it. */
export function takeNewChoices(select: HbSelect, field: Field): void {
  if (!allowed || field.options.machine) return;
  select.creatable = true;
  if (select.dataset.takes === field.id) return;
  select.dataset.takes = field.id;
  select.addEventListener("hb:create", (event) => {
    event.preventDefault();
    void create(select, field, (event as CustomEvent<{ label: string }>).detail.label);
  });
}

async function create(select: HbSelect, field: Field, name: string): Promise<void> {
  const before = select.value;
  try {
    const made = await api.post<Choice>(`/api/v1/fields/${field.id}/options`, { name });
    const choice = { ...made, color: made.color ?? "grey" };
    // until the page hears of the changed field, its places know the choice by this
    field.options.choices = [...(field.options.choices ?? []).filter((one) => one.id !== choice.id), choice];
    select.take({ value: choice.name, label: choice.name, color: choice.color }, Array.isArray(before) ? before : []);
  } catch (failure) {
    showError(failure);
  }
}
