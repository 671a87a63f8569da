/** Merging records: side by side, whose value stays is chosen field by field, and what will happen is said before. */
import "../../styles/merge.css";
import { html, nothing, render, type TemplateResult } from "lit";
import { api, showError } from "../api";
import { openDialog } from "../dialog/dialog";
import { uniqueId } from "../dom";
import { formatMoment, formatNumber } from "../fields/format";
import type { ChoiceRecord } from "../grid/types";
import { t } from "../i18n";
import { toast, toastUndo } from "../toast/toast";
import { forgetRedo, undo } from "../undo";

/** How many records can be merged at once: one that stays and twenty others. */
export const mostMerged = 21;

interface Side {
  id: string;
  name: string;
  created_at: string;
  linked: number;
}

interface Compared {
  field: string;
  name: string;
  how: "choose" | "unite" | "all" | "kept";
  same: boolean;
  texts: string[];
}

interface Comparison {
  records: Side[];
  fields: Compared[];
}

const together = "*";

class MergeForm {
  readonly box = document.createElement("div");
  #kept = 0;
  /** What was chosen by hand: a record's place, or all of them. */
  readonly #chosen = new Map<string, string>();
  readonly #group = uniqueId("mg");

  constructor(readonly found: Comparison) {
    this.box.className = "mg";
    this.#draw();
  }

  get into(): Side {
    return this.found.records[this.#kept]!;
  }

  get others(): Side[] {
    return this.found.records.filter((_side, index) => index !== this.#kept);
  }

  /** Whose value a field gets, as things stand: a record's place, or all of them. */
  #winner(field: Compared): string {
    if (field.how === "all") return together;
    if (field.how === "kept") return String(this.#kept);
    const chosen = this.#chosen.get(field.field);
    if (chosen !== undefined) return chosen;
    if (field.how === "unite") return together;
    if (field.texts[this.#kept]) return String(this.#kept);
    const first = field.texts.findIndex((text) => text !== "");
    return String(first < 0 ? this.#kept : first);
  }

  get choose(): Record<string, string> {
    const choose: Record<string, string> = {};
    for (const [field, place] of this.#chosen) if (place !== together) choose[field] = this.found.records[Number(place)]!.id;
    return choose;
  }

  #keep(index: number): void {
    this.#kept = index;
    this.#draw();
  }

  #pick(field: string, place: string): void {
    this.#chosen.set(field, place);
    this.#draw();
  }

  #draw(): void {
    const { records, fields } = this.found;
    const differ = fields.filter((field) => !field.same);
    const same = fields.filter((field) => field.same && field.texts[0]);
    const linked = this.others.reduce((sum, side) => sum + side.linked, 0);
    const words = { into: this.into.name, n: formatNumber(this.others.length), linked: formatNumber(linked) };
    render(
      html`<div class="mg-scroll" tabindex="0" role="region" aria-label=${t("要合并的记录")}>
          <table class="mg-t">
            <thead>
              <tr>
                <th scope="col" class="mg-f">${t("留下哪一条")}</th>
                ${records.map(
                  (side, index) =>
                    html`<th scope="col" class=${index === this.#kept ? "on" : ""}>
                      <label class="mg-h"
                        ><input type="radio" name="${this.#group}-kept" .checked=${index === this.#kept} @change=${() => this.#keep(index)} /><span><b>${side.name}</b><span class="f3 t12">${t("{when} 新建", { when: formatMoment(side.created_at) })}</span></span></label
                      >
                    </th>`,
                )}
              </tr>
            </thead>
            <tbody>
              ${differ.map((field) => this.#row(field))}
            </tbody>
          </table>
        </div>
        ${differ.length ? nothing : html`<p class="f2">${t("这几条记录的内容完全一样。")}</p>`}
        ${same.length
          ? html`<details class="mg-same">
              <summary>${t("{n} 个字段内容一样", { n: same.length })}</summary>
              <dl>${same.map((field) => html`<div><dt>${field.name}</dt><dd>${field.texts[0]}</dd></div>`)}</dl>
            </details>`
          : nothing}
        <p class="mg-say" role="status">${linked ? t("留下「{into}」;其他 {n} 条进回收站,它们的 {linked} 条关联改挂到留下的这条。", words) : t("留下「{into}」;其他 {n} 条进回收站。", words)} ${t("合并后可以撤销。")}</p>`,
      this.box,
    );
  }

  #row(field: Compared): TemplateResult {
    const winner = this.#winner(field);
    const name = `${this.#group}-${field.field}`;
    const hint = field.how === "all" ? t("合在一起") : field.how === "kept" ? t("跟着留下的那条") : "";
    return html`<tr>
      <th scope="row" class="mg-f">
        ${field.name}${hint ? html`<span class="hint">${hint}</span>` : nothing}
        ${field.how === "unite" ? html`<label class="mg-all"><input type="radio" name=${name} .checked=${winner === together} @change=${() => this.#pick(field.field, together)} />${t("合在一起")}</label>` : nothing}
      </th>
      ${field.texts.map((text, index) => {
        const on = winner === together || winner === String(index);
        const value = html`<span class="mg-v">${text || html`<span class="f3">${t("空")}</span>`}</span>`;
        const side = this.found.records[index]!;
        return html`<td class=${on ? "on" : ""} data-of=${side.name}>
          ${field.how === "choose" || field.how === "unite"
            ? html`<label><input type="radio" name=${name} aria-label=${t("「{field}」用「{record}」的", { field: field.name, record: side.name })} .checked=${winner === String(index)} @change=${() => this.#pick(field.field, String(index))} />${value}</label>`
            : value}
        </td>`;
      })}
    </tr>`;
  }
}

/** Compare records and merge them; true when they are merged. The first one stays unless another is chosen. */
export async function mergeRecords(table: string, ids: readonly string[]): Promise<boolean> {
  const records = [...new Set(ids)];
  if (records.length < 2) {
    toast(t("至少要两条记录才能合并"), { kind: "info" });
    return false;
  }
  if (records.length > mostMerged) {
    toast(t("一次最多合并 {max} 条记录,这次有 {count} 条", { max: mostMerged, count: records.length }), { kind: "bad" });
    return false;
  }
  const address = `/api/v1/tables/${table}/records/merge`;
  try {
    const form = new MergeForm(await api.post<Comparison>(`${address}/compare`, { records }));
    let change = "";
    const done = await openDialog<boolean>({
      heading: t("合并 {n} 条记录", { n: records.length }),
      size: "xl",
      body: form.box,
      actions: [
        { label: t("取消"), value: false },
        { label: t("合并"), value: true, kind: "p" },
      ],
      before: async (go) => {
        if (!go) return true;
        try {
          change = (await api.post<{ change: string }>(address, { into: form.into.id, others: form.others.map((side) => side.id), choose: form.choose })).change;
          return true;
        } catch (failure) {
          showError(failure);
          return false;
        }
      },
    });
    if (!done) return false;
    forgetRedo();
    toastUndo(t("已合并到「{name}」", { name: form.into.name }), () => void undo(change));
    document.dispatchEvent(new CustomEvent("hb:merged", { detail: { table, into: form.into.id } }));
    return true;
  } catch (failure) {
    showError(failure);
    return false;
  }
}

/** Choose the record that `record` is to be merged with, by search, and go on to compare them. */
export async function mergeWithAnother(table: string, record: string, name: string): Promise<boolean> {
  const box = document.createElement("div");
  let found: ChoiceRecord[] = [];
  let chosen = "";
  let asked = 0;
  const search = async (words: string) => {
    const ask = ++asked;
    const answer = await api.get<{ records: ChoiceRecord[] }>(`/api/v1/tables/${table}/choices`, { params: { q: words } });
    if (ask !== asked) return;
    found = answer.records.filter((one) => one.id !== record);
    if (!found.some((one) => one.id === chosen)) chosen = found[0]?.id ?? "";
    draw();
  };
  const draw = () =>
    render(
      html`<input class="inp" type="search" autofocus placeholder=${t("搜索记录")} aria-label=${t("搜索记录")} @input=${(event: Event) => void search((event.target as HTMLInputElement).value).catch(showError)} />
        <div class="mg-found" role="radiogroup" aria-label=${t("和哪条记录合并")}>
          ${found.map((one) => html`<label><input type="radio" name="mg-other" .checked=${one.id === chosen} @change=${() => (chosen = one.id)} /><span><b>${one.name || t("未命名")}</b>${one.details ? html`<span class="f3 t12">${one.details}</span>` : nothing}</span></label>`)}
          ${found.length ? nothing : html`<p class="f3">${t("没有找到别的记录")}</p>`}
        </div>`,
      box,
    );
  try {
    await search("");
  } catch (failure) {
    showError(failure);
    return false;
  }
  const go = await openDialog<boolean>({
    heading: t("「{name}」和哪条记录合并?", { name }),
    size: "m",
    body: box,
    actions: [
      { label: t("取消"), value: false },
      { label: t("下一步"), value: true, kind: "p" },
    ],
    before: (next) => !next || chosen !== "",
  });
  return go ? mergeRecords(table, [record, chosen]) : false;
}
