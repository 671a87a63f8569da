/** "Try it on a record": which moves the draft would allow one real record now, and what holds the others back. */
import { html, nothing, render, type TemplateResult } from "lit";
import { api, showError } from "../api";
import { openDialog } from "../dialog/dialog";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import type { Draft } from "./draft";
import type { Check, Trial } from "./types";

interface Host {
  readonly table: string;
  readonly field: string;
  readonly draft: Draft;
  pill(id: number): TemplateResult | typeof nothing;
}

/** Open the dialog. */
export async function openTrial(host: Host): Promise<void> {
  const box = document.createElement("div");
  let trial: Trial | null = null;
  let busy = false;

  const ask = async (record: string) => {
    busy = true;
    draw();
    try {
      const check = await api.post<Check>(`/api/v1/fields/${host.field}/machine/check`, host.draft.machine, { params: { record } });
      trial = check.trial ?? null;
    } catch (failure) {
      showError(failure);
    }
    busy = false;
    draw();
  };

  const draw = () =>
    render(
      html`<div class="field">
          <span class="lab">${t("哪条记录")}</span>
          <hb-select
            label=${t("哪条记录")}
            placeholder=${t("选一条记录")}
            .source=${(words: string) => find(host.table, words)}
            @change=${(event: Event) => {
              const record = (event.currentTarget as HbSelect).value as string;
              if (record) void ask(record);
            }}
          ></hb-select>
        </div>
        <div class="st-trial" role="status" aria-busy=${busy ? "true" : nothing}>${trial ? verdict(host, trial) : html`<p class="hint">${t("选一条真实的记录,看看按这份草稿它能往哪走、差什么。不会改动它。")}</p>`}</div>`,
      box,
    );

  draw();
  await openDialog({ heading: t("用记录试走"), body: box, size: "m" });
}

async function find(table: string, words: string): Promise<Option[]> {
  const { records } = await api.get<{ records: { id: string; name: string; details?: string }[] }>(`/api/v1/tables/${table}/choices`, { params: { q: words } });
  return records.map((record) => ({ value: record.id, label: record.name || t("未命名"), sub: record.details }));
}

function verdict(host: Host, trial: Trial): TemplateResult {
  if (trial.choice === null) return html`<p>${t("「{name}」还没有状态,可以直接填任何一个", { name: trial.name })}</p>`;
  return html`<p class="st-now">${t("「{name}」现在是", { name: trial.name })} ${host.pill(trial.choice)}</p>
    ${trial.moves.length
      ? html`<ul class="st-ways">
          ${trial.moves.map(
            (move) =>
              html`<li class=${move.reasons.length ? "held" : ""}>
                ${icon(move.reasons.length ? "lock" : "arrow-right", 14)}${host.pill(move.target)}
                <span class="grow">${move.reasons.length ? move.reasons.join(t(";")) : t("可以流转")}${move.roles.length ? html` <span class="hint">${t("只有{roles}", { roles: move.roles.join(t("、")) })}</span>` : nothing}</span>
              </li>`,
          )}
        </ul>`
      : html`<p class="hint">${t("从这里没有任何流转,它就停在这个状态")}</p>`}`;
}
