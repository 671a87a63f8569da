/** The form of a trigger: what happens to which table, and what the record must meet. Kinds have files in `triggers`. */
import { html, nothing, type TemplateResult } from "lit";
import "../filter/hb-filter";
import type { HbFilter } from "../filter/hb-filter";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import { isEmptyFilter } from "./describe";
import { choose, row, tableOptions, type FormHost } from "./form-parts";
import { triggerTable } from "./made";
import { settled } from "./settled";
import { triggerGroups, triggerUi } from "./triggers/index";
import type { PageData, Trigger } from "./types";
import { tableOf } from "./values";

export interface TriggerHost extends FormHost {
  readonly page: PageData;
  readonly trigger: Trigger;
  setTrigger(trigger: Trigger): void;
}

/** A trigger of another kind or table, keeping what still makes sense. */
export function withKind(page: PageData, trigger: Trigger, kind: Trigger["kind"], table = triggerTable(trigger)): Trigger {
  const where = "where" in trigger && table === triggerTable(trigger) ? (trigger.where ?? null) : null;
  return triggerUi(kind).fresh(page, table || (page.tables[0]?.id ?? ""), where);
}

/** The whole form. */
export function triggerForm(host: TriggerHost): TemplateResult {
  const { trigger } = host;
  const ui = triggerUi(trigger.kind);
  return html`
    <div class="field">
      <span class="lab" id="trigger-kind">${t("什么时候开始")}</span>
      <button type="button" class="au-pick" aria-haspopup="menu" aria-labelledby="trigger-kind" aria-describedby="trigger-kind-now" ?disabled=${host.locked} @click=${(event: Event) => kinds(host, event.currentTarget as HTMLElement)}>
        ${icon(ui.icon)}<span class="grow" id="trigger-kind-now">${ui.name()}<span class="hint">${ui.description()}</span></span>${icon("chevron-down", 14)}
      </button>
    </div>
    ${ui.alone?.(trigger) ? ui.rows(host, trigger, []) : tableRows(host)}
  `;
}

/** The kinds under their headings, to choose another one. */
function kinds(host: TriggerHost, anchor: HTMLElement): void {
  const { page, trigger } = host;
  openMenu(anchor, triggerGroups().flatMap((group) => [
    { heading: group.heading() },
    ...group.kinds.map((kind): MenuItem => ({ label: kind.name(), icon: kind.icon, sub: kind.description(), checked: kind.kind === trigger.kind, run: () => kind.kind !== trigger.kind && host.setTrigger(withKind(page, trigger, kind.kind)) })),
  ]));
}

function tableRows(host: TriggerHost): TemplateResult {
  const { page } = host;
  const trigger = host.trigger as Extract<Trigger, { table: string }>;
  const ui = triggerUi(trigger.kind);
  const table = tableOf(page, triggerTable(trigger));
  const asked: ReturnType<NonNullable<typeof ui.where>> = ui.where?.() ?? { label: t("而且记录符合"), hint: t("不加条件就是每次都开始") };
  return html`${row(host, t("哪张数据表"), "trigger.table", choose(host, t("哪张数据表"), triggerTable(trigger), tableOptions(page.tables), (id) => host.setTrigger(withKind(page, trigger, trigger.kind, id)), t("选一张数据表")))}
    ${table ? ui.rows(host, trigger, table.fields) : nothing}
    ${table
      ? row(host, asked.label, "trigger.where", html`<hb-filter
          careful
          .fields=${table.fields}
          .value=${settled(trigger.where ?? null)}
          ?disabled=${host.locked}
          @change=${(event: Event) => {
            event.stopPropagation();
            host.setTrigger({ ...trigger, where: (event.currentTarget as HbFilter).value });
          }}
        ></hb-filter>`, isEmptyFilter(trigger.where) || asked.always ? asked.hint : nothing)
      : nothing}`;
}
