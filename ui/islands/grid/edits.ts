/**
 * Changes of cells on their way to the server. What was typed is shown at once as a draft; a stored answer replaces it, a
 * refusal leaves it in place with a red corner and the reason.
 */
import { ApiError, Disconnected, showError, type Problem } from "../api";
import { t } from "../i18n";
import { toastUndo } from "../toast/toast";
import { forgetRedo, together, undo } from "../undo";
import type { Rows } from "./rows";
import type { Field, GridSource, SaveAnswer, SaveResult, Value } from "./types";

export interface Edit {
  id: string;
  field: Field;
  value: Value;
}

export interface EditsHost {
  readonly source: GridSource;
  readonly rows: Rows;
  /** Show rows and numbers anew. */
  redraw(): void;
  /** Records have been stored: footer, groups and others may have changed. */
  stored(): void;
  /** A state was chosen by hand, and fields have to be filled for it first: ask for them and store both. */
  needs(edit: Edit, fields: readonly string[]): void;
}

const batch = 500;

export class Edits {
  constructor(private readonly host: EditsHost) {}

  /**
   * Store edits. `typecast`: values are texts from elsewhere, to be read leniently. `announce`: the sentence that says how
   * many cells were stored, with an offer to undo it. Returns that number.
   */
  async apply(edits: readonly Edit[], options: { typecast?: boolean; announce?: (stored: number) => string } = {}): Promise<number> {
    const wanted = edits.filter((edit) => !edit.field.readonly);
    if (!wanted.length) return 0;
    for (const edit of wanted) this.host.rows.setDraft(edit.id, edit.field.id, { value: edit.value });
    this.host.redraw();
    const changes: string[] = [];
    let stored = 0;
    let left: Edit[] = wanted;
    // A record with one bad cell is refused whole: its good cells are sent again without it.
    for (let round = 0; left.length && round < 2; round++) {
      const answer = await this.#sendAll(left, options.typecast ?? false, changes);
      stored += answer.stored;
      left = answer.again;
    }
    this.host.redraw();
    if (stored) {
      forgetRedo();
      this.host.stored();
      if (options.announce) this.#announce(options.announce(stored), changes);
    }
    return stored;
  }

  async #sendAll(edits: readonly Edit[], typecast: boolean, changes: string[]): Promise<{ stored: number; again: Edit[] }> {
    const byRecord = new Map<string, Edit[]>();
    for (const edit of edits) byRecord.set(edit.id, [...(byRecord.get(edit.id) ?? []), edit]);
    const records = [...byRecord];
    const again: Edit[] = [];
    let stored = 0;
    for (let start = 0; start < records.length; start += batch) {
      const part = records.slice(start, start + batch);
      const answer = await this.#send(part, typecast);
      if (!answer) continue;
      if (answer.change) changes.push(answer.change);
      part.forEach(([, cells], index) => {
        const result = answer.results[index];
        const good = blameless(cells, result);
        again.push(...good);
        stored += this.#take(good.length ? cells.filter((cell) => !good.includes(cell)) : cells, result, edits.length === 1);
      });
    }
    return { stored, again };
  }

  async #send(part: readonly [string, Edit[]][], typecast: boolean): Promise<SaveAnswer | null> {
    const patches = part.map(([id, cells]) => ({ id, fields: Object.fromEntries(cells.map((cell) => [cell.field.id, cell.value])) }));
    try {
      return await this.host.source.save(patches, { typecast });
    } catch (failure) {
      const message = failure instanceof ApiError || failure instanceof Disconnected ? failure.message : t("没有保存,请再试一次");
      for (const [, cells] of part) for (const cell of cells) this.#refuse(cell, message);
      showError(failure);
      return null;
    }
  }

  /** Take one record's answer; returns how many cells were stored. `single`: nothing but one cell was changed. */
  #take(cells: readonly Edit[], result: SaveResult | undefined, single: boolean): number {
    const id = cells[0]!.id;
    if (!result || result.problems?.length) {
      const problems = result?.problems ?? [];
      for (const cell of cells) this.#refuse(cell, messageFor(cell.field, problems));
      const [only] = cells;
      const lacking = problems.filter((problem) => problem.code === "required_for_move");
      if (single && only?.field.options.machine && lacking.length === problems.length) this.host.needs(only, lacking.map((problem) => problem.field ?? ""));
      return 0;
    }
    for (const cell of cells) {
      const draft = this.host.rows.byId(id)?.drafts?.[cell.field.id];
      // Typed again meanwhile: the newer draft stays until its own answer.
      if (draft && draft.value === cell.value) this.host.rows.setDraft(id, cell.field.id, undefined);
    }
    const fields = result.fields ?? Object.fromEntries(cells.map((cell) => [cell.field.id, cell.value]));
    this.host.rows.update({ id, version: result.version ?? 0, fields });
    return cells.length;
  }

  #refuse(cell: Edit, problem: string): void {
    this.host.rows.setDraft(cell.id, cell.field.id, { value: cell.value, problem });
  }

  #announce(message: string, changes: readonly string[]): void {
    const last = changes.at(-1);
    together(changes);
    toastUndo(message, () => void (last && undo(last)));
  }

  /** Forget a refused draft: the stored value shows again. */
  drop(id: string, field: string): void {
    this.host.rows.setDraft(id, field, undefined);
    this.host.redraw();
  }
}

/** The cells of a refused record that no problem names; none if a problem names no cell at all. */
function blameless(cells: readonly Edit[], result: SaveResult | undefined): Edit[] {
  const problems = result?.problems ?? [];
  const names = (problem: Problem, cell: Edit) => problem.field === cell.field.id || (!problem.field && problem.field_name === cell.field.name);
  if (!problems.length || !problems.every((problem) => cells.some((cell) => names(problem, cell)))) return [];
  return cells.filter((cell) => !problems.some((problem) => names(problem, cell)));
}

/** The reason for one field of a record; the record's own reason if none names the field. */
export function messageFor(field: Field, problems: readonly Problem[]): string {
  const own = problems.find((problem) => problem.field === field.id || problem.field_name === field.name);
  return (own ?? problems[0])?.message ?? t("没有保存,请再试一次");
}
