/** The foot: how many rows, and one number per column, chosen by a click. */
import { openMenu } from "../menu/menu";
import { isNumeric, type Field, type Value } from "../fields/field";
import { formatNumber, textOf } from "../fields/format";
import { t } from "../i18n";
import { numberWidth, type Column } from "./columns";
import type { GridView } from "./view";

export interface FootHost {
  readonly view: GridView;
  readonly columns: Column[];
  readonly total: number;
  readonly exact: boolean;
  readonly summaries: ReadonlyMap<string, Value>;
  readonly counted: number | null;
  choose(field: string, fn: string | null): void;
}

/** What a summary is called, short enough for a foot. */
export function summaryLabel(fn: string): string {
  const labels: Record<string, string> = {
    count: t("计数"),
    count_filled: t("已填"),
    count_empty: t("空"),
    count_unique: t("唯一"),
    count_files: t("文件数"),
    sum: t("合计"),
    avg: t("平均"),
    min: t("最小"),
    max: t("最大"),
  };
  return labels[fn] ?? fn;
}

/** The summaries a field can have, by what the server says of its type. */
export function summariesOf(field: Field): string[] {
  const known = ["count_filled", "count_empty", "count_files", "count_unique", "sum", "avg", "min", "max"];
  if (field.aggregates) return known.filter((fn) => field.aggregates!.includes(fn));
  return isNumeric(field) ? known.filter((fn) => fn !== "count_files") : ["count_filled", "count_empty", "count_unique"];
}

/** A summary as text: counts as numbers, the rest as the field shows its values. */
export function summaryText(field: Field, fn: string, value: Value): string {
  if (value === null || value === undefined) return "—";
  if (fn.startsWith("count")) return formatNumber(value as number);
  if (fn === "avg" && typeof value === "number") return textOf({ ...field, options: { ...field.options, decimals: Math.max(field.options.decimals ?? 0, 2) } }, value);
  return textOf(field, value);
}

export class Footer {
  constructor(private readonly host: FootHost) {}

  draw(): void {
    const { columns, view } = this.host;
    const cells = columns.slice(1).map((column) => this.#cell(column));
    view.foot.replaceChildren(this.#first(), ...cells);
  }

  #first(): HTMLElement {
    const { columns, total, exact, counted } = this.host;
    const first = document.createElement("div");
    first.className = "g-fc g-id";
    first.setAttribute("role", "gridcell");
    first.style.width = `${numberWidth + (columns[0]?.width ?? 0)}px`;
    const number = document.createElement("b");
    number.className = "m";
    number.textContent = !exact && !total ? "…" : exact ? t("{n} 条", { n: formatNumber(total) }) : t("约 {n} 条", { n: formatNumber(total) });
    first.append(number);
    if (counted !== null) {
      const chosen = document.createElement("span");
      chosen.className = "f3 t12 cut";
      chosen.textContent = t("已选 {n} 条", { n: formatNumber(counted) });
      first.append(chosen);
    }
    return first;
  }

  #cell(column: Column): HTMLElement {
    const { field, summary } = column;
    const cell = document.createElement("div");
    cell.className = "g-fc";
    cell.setAttribute("role", "gridcell");
    cell.style.left = `${numberWidth + column.left}px`;
    cell.style.width = `${column.width}px`;
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.className = isNumeric(field) ? "r" : "";
    cell.append(button);
    const label = document.createElement("span");
    if (summary) {
      // A sum of money speaks for itself.
      label.className = "agg";
      label.textContent = summary === "sum" && field.type === "currency" ? "" : summaryLabel(summary);
      button.dataset.tip = summaryLabel(summary);
      const number = document.createElement("span");
      number.className = "cut";
      number.textContent = this.host.summaries.has(field.id) ? summaryText(field, summary, this.host.summaries.get(field.id)) : "…";
      button.append(label, number);
    } else {
      label.className = "agg hint-sum";
      label.textContent = t("统计");
      button.append(label);
    }
    button.setAttribute("aria-label", t("「{name}」的统计", { name: field.name }));
    button.dataset.summary = field.id;
    button.addEventListener("click", () => this.openMenu(field.id));
    return cell;
  }

  /** Let the person choose what stands under a column. */
  openMenu(fieldId: string): void {
    const column = this.host.columns.find((found) => found.field.id === fieldId);
    const button = this.host.view.foot.querySelector<HTMLElement>(`[data-summary="${CSS.escape(fieldId)}"]`);
    if (!column || !button) return;
    const { field, summary } = column;
    const choices = summariesOf(field).map((fn) => ({ label: summaryLabel(fn), checked: summary === fn, run: () => this.host.choose(field.id, fn) }));
    openMenu(button, [{ label: t("不统计"), checked: summary === null, run: () => this.host.choose(field.id, null) }, ...choices], { side: "above" });
  }
}
