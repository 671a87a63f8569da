/** The table of states below the picture: what each means, where records start, how long they may stay, how many are there. */
import { html, nothing, type TemplateResult } from "lit";
import { openColors } from "../fields/colors";
import type { Choice } from "../fields/field";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { toast } from "../toast/toast";
import { withChoice, withMeaning, withStart, type Draft } from "./draft";
import { limitText, readLimit } from "./limits";
import type { Check, StateKind } from "./types";

export interface StatesHost {
  readonly locked: boolean;
  readonly check: Check | null;
  pill(id: number): TemplateResult | typeof nothing;
  put(draft: Draft): void;
  stateMenu(choice: Choice, anchor: HTMLElement): void;
}

/** What the kinds are called, in the order of a menu. */
export function kindNames(): [StateKind, string][] {
  return [["open", t("进行中")], ["waiting", t("等待")], ["done", t("完成")], ["cancelled", t("已取消")]];
}

function kindName(kind: StateKind = "open"): string {
  return kindNames().find(([one]) => one === kind)?.[1] ?? "";
}

export function statesTable(host: StatesHost, draft: Draft): TemplateResult {
  const counts = new Map(host.check?.states.map((state) => [state.choice, state]));
  return html`<section class="st-moves st-states" aria-label=${t("状态")}>
    <table class="tbl">
      <thead>
        <tr><th>${t("状态")}</th><th>${t("颜色")}</th><th>${t("表示")}</th><th>${t("新记录从这里开始")}</th><th>${t("时限")}</th><th class="num">${t("现在几条")}</th></tr>
      </thead>
      <tbody>
        ${draft.choices.map((choice) => row(host, draft, choice, counts.get(choice.id)))}
      </tbody>
    </table>
  </section>`;
}

function row(host: StatesHost, draft: Draft, choice: Choice, count: Check["states"][number] | undefined): TemplateResult {
  const state = draft.machine.states.find((one) => one.choice === choice.id);
  const name = choice.name;
  return html`<tr>
    <td><button type="button" class="btn s g" ?disabled=${host.locked} aria-haspopup="menu" aria-label=${t("状态「{name}」的更多操作", { name })} @click=${(event: Event) => host.stateMenu(choice, event.currentTarget as HTMLElement)}>${host.pill(choice.id)}</button></td>
    <td data-name=${t("颜色")}>
      <button type="button" class="icb" ?disabled=${host.locked} aria-label=${t("「{name}」的颜色", { name })} @click=${(event: Event) => openColors(event.currentTarget as HTMLElement, choice.color, (color) => host.put(withChoice(draft, choice.id, { color })))}><span class="fe-dot c-${choice.color}"></span></button>
    </td>
    <td data-name=${t("表示")}>
      <button type="button" class="btn s g" ?disabled=${host.locked} aria-haspopup="menu" aria-label=${t("「{name}」表示{kind}", { name, kind: kindName(state?.kind) })} @click=${(event: Event) =>
        openMenu(
          event.currentTarget as HTMLElement,
          kindNames().map(([kind, label]) => ({ label, icon: "circle", checked: (state?.kind ?? "open") === kind, run: () => host.put(withMeaning(draft, choice.id, { kind })) })),
        )}>${kindName(state?.kind)}${icon("chevron-down", 14)}</button>
    </td>
    <td data-name=${t("新记录从这里开始")}>
      <input type="checkbox" class="ck" aria-label=${t("新记录可以从「{name}」开始", { name })} ?disabled=${host.locked} .checked=${draft.machine.initial.includes(choice.id)} @change=${(event: Event) => {
        event.stopPropagation();
        host.put(withStart(draft, choice.id, (event.target as HTMLInputElement).checked));
      }} />
    </td>
    <td data-name=${t("时限")}>
      <input class="inp s st-limit" aria-label=${t("「{name}」的时限", { name })} placeholder=${t("不限,如 24 小时")} autocomplete="off" ?disabled=${host.locked} .value=${limitText(state?.limit)} @change=${(event: Event) => {
        event.stopPropagation();
        const input = event.target as HTMLInputElement;
        const limit = readLimit(input.value);
        if (limit === undefined) {
          input.setAttribute("aria-invalid", "true");
          toast(t("「{text}」看不懂,时限写成 24 小时、3 天、30 分钟这样,1 分钟以上", { text: input.value }), { kind: "bad" });
          return;
        }
        input.removeAttribute("aria-invalid");
        input.value = limitText(limit);
        host.put(withMeaning(draft, choice.id, { limit }));
      }} />
    </td>
    <td class="num" data-name=${t("现在几条")}>${formatNumber(count?.records ?? 0)}${count?.stuck && count.records ? html` <span class="tag c-amber" data-tip=${t("没有流转离开它,记录停在这里")}>${icon("triangle-alert", 12)}${t("没有出路")}</span>` : nothing}</td>
  </tr>`;
}
