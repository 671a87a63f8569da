/** The bar under the thumb: calling, scanning on, and the move that comes next for those who may. */
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, type Problem } from "../api";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import type { Move, Standing } from "../record/types";

/** The moves of a record, none for who may not change it, and why it cannot go on ("" where it can). */
export async function movesOf(record: string, field: string | null | undefined): Promise<{ moves: Move[]; stuck: string }> {
  const answer = await api.get<{ moves: Move[]; standing?: Standing[] }>(`/api/v1/records/${record}/moves`);
  const ours = (one: { field: string }) => !field || one.field === field;
  return { moves: answer.moves.filter(ours), stuck: (answer.standing ?? []).filter(ours).find((one) => one.note)?.note ?? "" };
}

export interface Moved {
  /** For undo; null when it was refused. */
  change: string | null;
  problems: Problem[];
}

/** Take a move; `filled` are values that it wants filled first, as the API takes them. */
export async function take(table: string, record: string, move: Move, filled: Record<string, unknown> = {}): Promise<Moved> {
  try {
    const body = { records: [{ id: record, fields: { ...filled, [move.field]: move.target } }], source: "ui" };
    const answer = await api.patch<{ change: string | null }>(`/api/v1/tables/${table}/records`, body);
    return { change: answer.change, problems: [] };
  } catch (failure) {
    if (!(failure instanceof ApiError)) throw failure;
    return { change: null, problems: failure.problems.length ? failure.problems : [{ code: failure.code, message: failure.message }] };
  }
}

export interface BarOptions {
  phone: string;
  moves: readonly Move[];
  moving: Move | null;
  canScan: boolean;
  scan(): void;
  move(move: Move): void;
  /** A move that is locked was pressed: say why. */
  explain(move: Move): void;
}

/** The label of a move's button. */
export function labelOf(move: Move): string {
  return move.label || t("改为「{state}」", { state: move.target });
}

export function barTemplate(options: BarOptions): TemplateResult {
  const main = options.moves.find((move) => move.allowed);
  const rest = options.moves.filter((move) => move !== main);
  const number = options.phone.replace(/[^\d+]/g, "");
  return html`<div class="wb-bar">
    ${number ? html`<a class="wb-act" href="tel:${number}">${icon("phone", 20)}<span>${t("打电话")}</span></a>` : nothing}
    ${options.canScan && main ? html`<button type="button" class="wb-act" @click=${() => options.scan()}>${icon("scan-line", 20)}<span>${t("继续扫")}</span></button>` : nothing}
    ${rest.length ? html`<button type="button" class="wb-act" aria-haspopup="menu" @click=${(event: Event) => openMenu(event.currentTarget as HTMLElement, rest.map((move) => item(move, options)), { side: "above" })}>${icon("ellipsis", 20)}<span>${t("其他状态")}</span></button>` : nothing}
    ${main
      ? html`<button type="button" class="btn p wb-main-act" aria-busy=${options.moving === main ? "true" : nothing} ?disabled=${options.moving !== null} @click=${() => options.move(main)}>${icon("arrow-right", 20)}<span class="cut">${labelOf(main)}</span></button>`
      : options.canScan
        ? html`<button type="button" class="btn p wb-main-act" @click=${() => options.scan()}>${icon("scan-line", 20)}${t("继续扫")}</button>`
        : nothing}
  </div>`;
}

function item(move: Move, options: BarOptions): MenuItem {
  return move.allowed
    ? { label: labelOf(move), icon: "arrow-right", run: () => options.move(move) }
    : { label: labelOf(move), icon: "lock", ...(move.locked ? { sub: move.locked } : {}), run: () => options.explain(move) };
}
