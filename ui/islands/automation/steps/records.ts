/** Steps that find, count, match, move and delete records. */
import { html, nothing } from "lit";
import { t } from "../../i18n";
import { choicePill, describeAim, describeFilter, describeSet, isEmptyFilter, missing } from "../describe";
import { aimedTable, linkTarget, tableFor } from "../made";
import { aggregateForm, deleteForm, findForm, functionNames, linkForm, moveForm, upsertForm } from "../record-forms";
import type { Table } from "../types";
import { tableOf } from "../values";
import type { StepUi } from "./ui";

const dot = html`<span class="f3">·</span>`;

export const findRecords: StepUi<"find_records"> = {
  kind: "find_records",
  color: "teal",
  group: "records",
  failure: "inside",
  fresh: (known) => ({ kind: "find_records", table: known.own || known.table, where: null, sorts: [], limit: 100, others: Boolean(known.own) }),
  form: findForm,
  describe: (page, definition, config) => {
    const table = tableOf(page, config.table);
    if (!table) return missing();
    return html`<span>${table.name}</span>${config.where && !isEmptyFilter(config.where) ? html`${dot}${describeFilter(table, config.where, { page, definition })}` : html`${dot}<span class="f3">${t("全部记录")}</span>`}`;
  },
};

export const aggregate: StepUi<"aggregate"> = {
  kind: "aggregate",
  color: "teal",
  group: "records",
  failure: "inside",
  fresh: (known) => ({ kind: "aggregate", table: known.own || known.table, fn: "count", others: Boolean(known.own) }),
  form: aggregateForm,
  describe: (page, definition, config) => {
    const table = tableOf(page, config.table);
    if (!table) return missing();
    const field = table.fields.find((one) => one.id === config.field);
    return html`<span>${table.name}</span>${dot}${field ? html`<span class="chip">${field.name}</span>` : nothing}${functionNames()[config.fn ?? "count"] ?? ""}${config.where && !isEmptyFilter(config.where) ? html`${dot}${describeFilter(table, config.where, { page, definition })}` : nothing}`;
  },
};

export const upsertRecord: StepUi<"upsert_record"> = {
  kind: "upsert_record",
  color: "blue",
  group: "records",
  failure: "inside",
  fresh: () => ({ kind: "upsert_record", table: "", match: [], set: [], create: [] }),
  form: upsertForm,
  describe: (page, definition, config) => {
    const table = tableOf(page, config.table);
    if (!table) return missing();
    return html`<span>${table.name}</span>${dot}${t("按")} ${matched(table, config.match)}${config.set?.length ? html`${dot}${describeSet(page, definition, table, config.set)}` : nothing}`;
  },
};

export const linkRecord: StepUi<"link_record"> = {
  kind: "link_record",
  color: "blue",
  group: "records",
  failure: "inside",
  fresh: () => ({ kind: "link_record", link: "", match: [], set: [] }),
  form: linkForm,
  describe: (page, definition, config) => {
    const near = tableOf(page, tableFor(page, definition, config.of));
    const link = near?.fields.find((one) => one.id === config.link);
    const far = link ? tableOf(page, linkTarget(page, near!.id, link.id)) : undefined;
    if (!link || !far) return missing();
    return html`<span class="chip">${link.name}</span>${t("按")} ${matched(far, config.match)}${dot}<span class="f3">${config.missing === "leave" ? t("没有就不关联") : t("没有就新建")}</span>`;
  },
};

export const moveState: StepUi<"move_state"> = {
  kind: "move_state",
  color: "indigo",
  group: "records",
  failure: "inside",
  fresh: (known) => ({ kind: "move_state", field: known.machine ?? "", to: 0 }),
  form: moveForm,
  describe: (page, definition, config) => {
    const table = tableOf(page, aimedTable(page, definition, config));
    const field = table?.fields.find((one) => one.id === config.field);
    const choice = field?.options.choices?.find((one) => one.id === config.to);
    if (!field || !choice) return missing();
    return html`${describeAim(page, definition, config)}<span class="chip">${field.name}</span><span aria-label=${t("变成")}>→</span>${choicePill(field, choice)}`;
  },
};

export const deleteRecord: StepUi<"delete_record"> = {
  kind: "delete_record",
  color: "red",
  group: "records",
  failure: "inside",
  fresh: () => ({ kind: "delete_record" }),
  form: deleteForm,
  describe: (page, definition, config) => html`${describeAim(page, definition, config, true)}`,
};

function matched(table: Table, match: readonly { field: string }[] | undefined) {
  if (!match?.length) return missing();
  return match.map((one) => html`<span class="chip">${table.fields.find((field) => field.id === one.field)?.name ?? "?"}</span>`);
}
