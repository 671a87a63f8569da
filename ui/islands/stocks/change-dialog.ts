/**
 * Receive, adjust or count one shelf: a dialog that also works with one thumb.
 *
 *     const done = await changeDialog(stock, "receive", balance);   (the shelf as it is now, or null)
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { api, ApiError, randomKey, showError } from "../api";
import { openDialog } from "../dialog/dialog";
import { t } from "../i18n";
import type { Balance, Counted } from "./types";
import { amount, difference } from "./words";

export type ChangeKind = "receive" | "adjust" | "count";

/** Reasons that are offered to press; any other can be typed. */
function usualReasons(kind: ChangeKind): string[] {
  if (kind === "receive") return [t("采购到货"), t("退货入库"), t("调拨入库")];
  if (kind === "adjust") return [t("破损"), t("丢失"), t("样品"), t("调拨出库"), t("录错")];
  return [];
}

/** An answer got lost, and then something else was sent under the same key: what was sent first is stored. */
export function savedBefore(failure: unknown): boolean {
  return failure instanceof ApiError && failure.code === "key_used";
}

export async function changeDialog(stock: string, kind: ChangeKind, balance: Balance): Promise<Counted | null> {
  const state = new State(stock, kind, balance);
  const heading = { receive: t("入库"), adjust: t("调整库存"), count: t("盘点") }[kind];
  await openDialog<boolean>({
    heading,
    body: state.form,
    actions: [
      { label: t("取消"), value: false },
      { label: { receive: t("入库"), adjust: t("调整"), count: t("保存盘点") }[kind], value: true, kind: "p" },
    ],
    before: async (save) => (save ? state.save() : true),
  });
  return state.done;
}

class State {
  readonly form = document.createElement("form");
  done: Counted | null = null;
  #quantity = "";
  #reason = "";
  #less = true;
  #problem = "";
  #reasonProblem = "";
  /** One key for this dialog: pressing twice, or a lost answer, changes the stock once. */
  #key = randomKey();

  constructor(
    private readonly stock: string,
    private readonly kind: ChangeKind,
    private readonly balance: Balance,
  ) {
    this.form.className = "stack sk-change";
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.form.closest("dialog")?.querySelector<HTMLButtonElement>(".dlg-f .btn.p")?.click();
    });
    this.#draw();
  }

  async save(): Promise<boolean> {
    this.#problem = this.#reasonProblem = "";
    const typed = this.#quantity.trim();
    if (!typed) this.#problem = t("填数量");
    if (this.kind === "adjust" && !this.#reason.trim()) this.#reasonProblem = t("写一下原因,流水里会留着");
    if (this.#problem || this.#reasonProblem) return this.#stay();
    const quantity = this.kind === "adjust" && this.#less ? (typed.startsWith("-") ? typed : `-${typed}`) : typed;
    const item = { record: this.balance.shelf.id, quantity, ...(this.kind === "count" ? { expected: this.balance.on_hand } : {}) };
    try {
      const answer = await api.post<{ items: Counted[] }>(`/api/v1/stocks/${this.stock}/${this.kind}`, { items: [item], reason: this.#reason.trim() || null, key: this.#key });
      this.done = answer.items[0] ?? null;
      return true;
    } catch (failure) {
      if (savedBefore(failure)) {
        this.#key = randomKey();
        this.#problem = t("刚才那次其实已经保存了,只是没收到回音。看一下现在的数量,还要改就再保存一次");
        return this.#stay();
      }
      if (failure instanceof ApiError && failure.status === 422) {
        this.#problem = failure.problems[0]?.message ?? failure.message;
        return this.#stay();
      }
      showError(failure);
      return false;
    }
  }

  #stay(): false {
    this.#draw();
    this.form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    return false;
  }

  #sign(): TemplateResult {
    const choice = (less: boolean, label: string) =>
      html`<button type="button" aria-pressed=${String(this.#less === less)} @click=${() => {
        this.#less = less;
        this.#draw();
      }}>${label}</button>`;
    return html`<div class="seg" role="group" aria-label=${t("增还是减")}>${choice(true, t("减少"))}${choice(false, t("增加"))}</div>`;
  }

  #draw(): void {
    const { balance, kind } = this;
    const label = { receive: t("入库数量"), adjust: t("数量"), count: t("实际数到") }[kind];
    const reasons = usualReasons(kind);
    const said = kind === "count" ? difference(this.#quantity, balance.on_hand) : "";
    render(
      html`<div class="sk-what"><b>${balance.shelf.name}</b>${balance.location ? html`<span class="f2">${balance.location}</span>` : nothing}
          <span class="f3">${t("在库 {on_hand} · 预占 {reserved} · 可用 {available}", { on_hand: amount(balance.on_hand), reserved: amount(balance.reserved), available: amount(balance.available) })}</span></div>
        <div class="field">
          <label class="lab" for="sk-quantity">${label}</label>
          <div class="row">${kind === "adjust" ? this.#sign() : nothing}<input class="inp sk-quantity" id="sk-quantity" inputmode="decimal" autocomplete="off" autofocus .value=${this.#quantity} aria-invalid=${String(Boolean(this.#problem))} aria-describedby="sk-said" @input=${(event: Event) => {
            this.#quantity = (event.target as HTMLInputElement).value;
            this.#problem = "";
            this.#draw();
          }} /></div>
          <p class="hint ${this.#problem ? "bad" : ""}" id="sk-said" role="status">${this.#problem || said}</p>
        </div>
        <div class="field">
          <label class="lab" for="sk-reason">${t("原因")}${kind === "adjust" ? nothing : html`<span class="opt">${t("可不填")}</span>`}</label>
          ${reasons.length ? html`<div class="row wrap sk-reasons">${reasons.map((one) => html`<button type="button" class="chip" aria-pressed=${String(this.#reason === one)} @click=${() => {
            this.#reason = this.#reason === one ? "" : one;
            this.#reasonProblem = "";
            this.#draw();
          }}>${one}</button>`)}</div>` : nothing}
          <input class="inp" id="sk-reason" maxlength="500" autocomplete="off" .value=${this.#reason} aria-invalid=${String(Boolean(this.#reasonProblem))} @input=${(event: Event) => {
            this.#reason = (event.target as HTMLInputElement).value;
            this.#reasonProblem = "";
            this.#draw();
          }} />
          ${this.#reasonProblem ? html`<p class="hint bad">${this.#reasonProblem}</p>` : nothing}
        </div>
        <button type="submit" hidden></button>`,
      this.form,
    );
  }
}
