/** What a person does with the record of a card: moving its state on, adding files. */
import { api, showError } from "../api";
import type { Field, Value } from "../fields/field";
import { filesOf } from "../files/file";
import { t } from "../i18n";
import { linkChoices } from "../record/choices";
import { isEditable } from "../record/control";
import { askMissing } from "../record/missing";
import { toWire } from "../record/saver";
import type { Move } from "../record/types";
import { toastUndo } from "../toast/toast";
import { undo } from "../undo";
import { feedback } from "./feedback";
import { movesOf, take } from "./moves";
import type { Shown } from "./result";
import type { Card, PageData } from "./types";

export interface ChangingHost {
  readonly page: PageData;
  readonly shown: Shown;
  /** Read the card again. */
  refresh(): Promise<void>;
  requestUpdate(): void;
}

export class Changing {
  moves: Move[] = [];
  /** The move that is being carried out. */
  moving: Move | null = null;
  /** Why the last move was refused. */
  refusal = "";
  /** Why the record shown cannot go on from its state. */
  stuck = "";

  constructor(readonly host: ChangingHost) {}

  /** Another record is shown, of which nothing is known yet. */
  clear(): void {
    this.moves = [];
    this.stuck = "";
    this.say("");
  }

  /** Say why something was refused. */
  say(refusal: string): void {
    this.refusal = refusal;
    this.host.requestUpdate();
  }

  /** Find out where the record of a card can go from its state. */
  async load(card: Card): Promise<void> {
    if (!this.host.page.can_edit) return;
    try {
      const { moves, stuck } = await movesOf(card.record.id, this.host.page.workbench.bindings.status);
      if (this.host.shown.kind !== "card" || this.host.shown.card.record.id !== card.record.id) return;
      this.moves = moves;
      this.stuck = stuck;
      this.host.requestUpdate();
    } catch {
      // The card is of use without them.
    }
  }

  /** Carry a move out, after asking for what it wants filled. */
  async move(move: Move): Promise<void> {
    if (this.host.shown.kind !== "card") return;
    const { card } = this.host.shown;
    const filled = await this.#fill(card, move);
    if (!filled) return;
    this.moving = move;
    this.say("");
    try {
      const { change, problems } = await take(card.table, card.record.id, move, filled);
      if (problems.length) {
        this.say(problems.map((problem) => problem.message).join(" "));
        feedback("missing");
      } else {
        feedback("found");
        toastUndo(t("已改为「{state}」", { state: move.target }), () => change && void undo(change));
      }
      await this.host.refresh();
    } catch (failure) {
      showError(failure);
    } finally {
      this.moving = null;
      this.host.requestUpdate();
    }
  }

  /** Ask for what the move wants filled; null where it was called off. */
  async #fill(card: Card, move: Move): Promise<Record<string, unknown> | null> {
    const fields = this.host.page.table.fields.filter((field) => move.missing?.includes(field.id) && isEditable(field));
    if (!fields.length) return {};
    const choices = (field: Field, words: string) => linkChoices(field, words, { record: card.record.id });
    const values = await askMissing({ target: move.target, label: move.label, fields, record: card.record, choices });
    return values && Object.fromEntries(Object.entries(values).map(([id, value]) => [id, toWire(value)]));
  }

  /** Store the files of a field. */
  async saveFiles(card: Card, field: Field, value: Value): Promise<void> {
    try {
      const records = [{ id: card.record.id, fields: { [field.id]: toWire(value) } }];
      const { change } = await api.patch<{ change: string | null }>(`/api/v1/tables/${card.table}/records`, { records });
      feedback("found");
      const added = filesOf(value).length - filesOf(card.record.fields[field.id]).length;
      if (change && added > 0) toastUndo(t("已添加 {n} 个文件", { n: added }), () => void undo(change));
    } catch (failure) {
      showError(failure);
    }
    await this.host.refresh();
  }
}
