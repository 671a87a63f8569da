/**
 * The dialog of a stock definition: which table is the shelf, which the order lines, and what their fields mean. Guessed
 * from the app's tables; fields that are missing are made along the way.
 *
 *     const made = await stockDialog(app, tables);             (a new one, or null)
 *     await stockDialog(app, tables, stock);                   (change one)
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { api, ApiError, showError, showProblems } from "../api";
import { openDialog } from "../dialog/dialog";
import { fieldIcon, type Choice, type Field } from "../fields/field";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Option } from "../select/options";
import { optionsTemplate, toMake, withPlaces } from "./stock-options";
import { forLineTable, forStockTable, guess, guessChoices, links, make, numbers, places, statuses, type StockDraft, type TableLike } from "./guess";

export interface Stock extends StockDraft {
  id: string;
}

export type StockTable = TableLike & { icon?: string };

type Part = Exclude<keyof StockDraft, "name">;

/** Make or change a stock definition; it as it is now, or null if the person went away. */
export async function stockDialog(app: string, tables: readonly StockTable[], stock: Stock | null = null): Promise<Stock | null> {
  const state = new State(app, [...tables], stock);
  await openDialog<boolean>({
    heading: stock ? t("库存设置「{name}」", { name: stock.name }) : t("新建库存设置"),
    size: "l",
    body: state.form,
    actions: [
      { label: t("取消"), value: false },
      { label: stock ? t("保存") : t("新建"), value: true, kind: "p" },
    ],
    before: async (save) => (save ? state.save() : true),
  });
  return state.saved;
}

class State {
  readonly form = document.createElement("form");
  saved: Stock | null = null;
  #draft: StockDraft;

  constructor(
    private readonly app: string,
    private readonly tables: StockTable[],
    private readonly stock: Stock | null,
  ) {
    this.form.className = "stack st-form";
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.#draft = stock ?? this.#withPlaces(guess(tables, t("库存")));
    this.#draw();
  }

  #table(id: string): StockTable | undefined {
    return this.tables.find((table) => table.id === id);
  }

  #withPlaces(draft: StockDraft): StockDraft {
    return withPlaces(draft, this.#table(draft.line_table), this.#table(draft.stock_table));
  }

  #set(parts: Partial<StockDraft>): void {
    this.#draft = { ...this.#draft, ...parts };
    this.#draw();
  }

  /** Make the fields that are missing, then store; false when it was refused. */
  async save(): Promise<boolean> {
    const name = this.form.querySelector<HTMLInputElement>("#st-name")!.value.trim();
    try {
      await this.#makeMissing();
      await this.#makeOptions();
      const { line_open, ...draft } = this.#draft;
      const body = { ...draft, line_open: line_open === toMake.line_open ? null : (line_open ?? null), name: name || t("库存") };
      this.saved = this.stock ? await api.patch<Stock>(`/api/v1/stocks/${this.stock.id}`, body) : await api.post<Stock>(`/api/v1/apps/${this.app}/stocks`, body);
      return true;
    } catch (failure) {
      if (failure instanceof ApiError) showProblems(this.form, failure);
      else showError(failure);
      return false;
    }
  }

  async #makeMissing(): Promise<void> {
    if (this.#draft.reserved === make.reserved && this.#draft.stock_table) {
      const made = await api.post<Field>(`/api/v1/tables/${this.#draft.stock_table}/fields`, { name: t("预占数量"), type: "number", options: {} });
      this.#keep(this.#draft.stock_table, made, { reserved: made.id });
    }
    if (this.#draft.line_status === make.line_status && this.#draft.line_table) {
      const options = { choices: [{ name: t("未预占"), color: "grey" }, { name: t("已预占"), color: "green" }, { name: t("已出库"), color: "blue" }] };
      const made = await api.post<Field>(`/api/v1/tables/${this.#draft.line_table}/fields`, { name: t("预占状态"), type: "single_select", options });
      const [unreserved, reserved, consumed] = (made.options.choices ?? []).map((choice) => choice.id);
      this.#keep(this.#draft.line_table, made, { line_status: made.id, unreserved: unreserved ?? 1, reserved_choice: reserved ?? 2, consumed: consumed ?? 3 });
    }
  }

  /** The number field for what lacks, and options for the states of lines, where they were asked for. */
  async #makeOptions(): Promise<void> {
    const draft = this.#draft;
    if (draft.partial && draft.line_open === toMake.line_open && draft.line_table) {
      const made = await api.post<Field>(`/api/v1/tables/${draft.line_table}/fields`, { name: t("缺货数量"), type: "number", options: {} });
      this.#keep(draft.line_table, made, { line_open: made.id });
    }
    await this.#makeChoice("backordered", t("待补货"), "amber");
    await this.#makeChoice("expired", t("预占过期"), "red");
  }

  async #makeChoice(part: "backordered" | "expired", name: string, color: string): Promise<void> {
    if (this.#draft[part] !== toMake[part]) return;
    const fields = this.#table(this.#draft.line_table)?.fields ?? [];
    const at = fields.findIndex((field) => field.id === this.#draft.line_status);
    const status = fields[at];
    if (!status) return;
    const saved = await api.patch<Field>(`/api/v1/fields/${status.id}`, { options: { choices: [...(status.options.choices ?? []), { name, color }] } });
    fields[at] = { ...status, options: saved.options };
    this.#set({ [part]: saved.options.choices?.find((choice) => choice.name === name && !choice.archived)?.id ?? null });
  }

  /** A field was made: remember it, so that trying again does not make it twice. */
  #keep(table: string, field: Field, parts: Partial<StockDraft>): void {
    this.#table(table)?.fields.push(field);
    this.#set(parts);
  }

  /** Why there is nothing to choose from: its table comes first, or that has no such field. */
  #lack(part: Part): string {
    if (!this.tables.length) return t("还没有数据表");
    const shelf = part === "on_hand" || part === "reserved" || part === "location";
    if (shelf && !this.#draft.stock_table) return t("先选库存表");
    if (part.startsWith("line_") && part !== "line_table" && !this.#draft.line_table) return t("先选订单明细表");
    return t("没有合适的");
  }

  #select(part: Part, label: string, options: Option[], hint = "", change?: (value: string) => Partial<StockDraft>): TemplateResult {
    const value = String(this.#draft[part] ?? "");
    return html`<div class="field">
      <span class="lab">${label}</span>
      <hb-select
        name=${part}
        label=${label}
        placeholder=${options.length ? t("选一个") : this.#lack(part)}
        .options=${options}
        .value=${value}
        @change=${(event: Event) => {
          event.stopPropagation();
          const chosen = (event.currentTarget as HbSelect).value as string;
          this.#draft = { ...this.#draft, ...(change ? change(chosen) : { [part]: chosen }) };
          if (part === "stock_table" || part === "line_table") this.#draft = this.#withPlaces(this.#draft);
          this.#draw();
        }}
      ></hb-select>
      ${hint ? html`<p class="hint">${hint}</p>` : nothing}
    </div>`;
  }

  #choice(part: "unreserved" | "reserved_choice" | "consumed", label: string, choices: readonly Choice[]): TemplateResult {
    const options = choices.filter((choice) => !choice.archived).map((choice) => ({ value: String(choice.id), label: choice.name, color: choice.color }));
    return html`<div class="field"><span class="lab">${label}</span><hb-select name=${part} look="tag" label=${label} .options=${options} .value=${String(this.#draft[part] || "")} @change=${(event: Event) => {
      event.stopPropagation();
      this.#set({ [part]: Number((event.currentTarget as HbSelect).value) });
    }}></hb-select></div>`;
  }

  #draw(): void {
    const draft = this.#draft;
    const tables = this.tables.map((table) => ({ value: table.id, label: table.name, icon: table.icon ?? "table" }));
    const shelf = this.#table(draft.stock_table);
    const lines = this.#table(draft.line_table);
    const status = lines?.fields.find((field) => field.id === draft.line_status);
    render(
      html`<p class="f2 st-lead">${t("说明哪张表记着货、哪张表是订单明细。预占、释放和出库都按这里来,在库和预占的数量由数据库守着,不会超卖。")}</p>
        <div class="field"><label class="lab" for="st-name">${t("名称")}</label><input class="inp" id="st-name" name="name" maxlength="60" autocomplete="off" value=${draft.name} /></div>
        <fieldset class="st-box"><legend>${t("货在哪里")}</legend>
          ${this.#select("stock_table", t("库存表"), tables, t("每个规格、每个库位一条记录"), (id) => ({ stock_table: id, ...forStockTable(this.#table(id)), ...forLineTable(lines, id) }))}
          <div class="fields2">
            ${this.#select("on_hand", t("在库数量"), options(numbers(shelf).filter((field) => field.id !== draft.reserved)))}
            ${this.#select("reserved", t("预占数量"), [...options(numbers(shelf).filter((field) => field.id !== draft.on_hand)), ...(shelf ? [{ value: make.reserved, label: t("新建字段「预占数量」"), icon: "plus" }] : [])], t("以后由系统维护,不能手改"))}
          </div>
          ${this.#select("location", t("库位"), [{ value: "", label: t("(没有)") }, ...options(places(shelf))], t("缺货时用它说明是哪个货架"), (id) => ({ location: id || null }))}
        </fieldset>
        <fieldset class="st-box"><legend>${t("谁来占")}</legend>
          ${this.#select("line_table", t("订单明细表"), tables.filter((table) => table.value !== draft.stock_table), t("每条说明哪个订单要哪份货、要多少"), (id) => ({ line_table: id, ...forLineTable(this.#table(id), draft.stock_table) }))}
          <div class="fields2">
            ${this.#select("line_order", t("属于哪个订单"), options(links(lines).filter((field) => field.options.table !== draft.stock_table)), tooMany(lines, (field) => field.options.table !== draft.stock_table))}
            ${this.#select("line_stock", (draft.pick ?? "exact") === "exact" ? t("要哪份货") : t("指定库位时选的货"), [...((draft.pick ?? "exact") === "exact" ? [] : [{ value: "", label: t("(没有)") }]), ...options(links(lines, draft.stock_table || undefined))], tooMany(lines, (field) => !draft.stock_table || field.options.table === draft.stock_table))}
            ${this.#select("line_quantity", t("数量"), options(numbers(lines)))}
            ${this.#select("line_status", t("预占状态"), [...options(statuses(lines)), ...(lines ? [{ value: make.line_status, label: t("新建字段「预占状态」"), icon: "plus" }] : [])], "", (id) => ({ line_status: id, ...guessChoices(lines?.fields.find((field) => field.id === id)?.options.choices ?? []) }))}
          </div>
          ${status ? html`<div class="st-three">${this.#choice("unreserved", t("没占时是"), status.options.choices ?? [])}${this.#choice("reserved_choice", t("占到时是"), status.options.choices ?? [])}${this.#choice("consumed", t("出库时是"), status.options.choices ?? [])}</div>` : nothing}
        </fieldset>
        ${optionsTemplate({ draft, shelf, lines, set: (parts) => this.#set(parts), options })}`,
      this.form,
    );
  }
}

function options(fields: readonly Field[]): Option[] {
  return fields.map((field) => ({ value: field.id, label: field.name, icon: fieldIcon(field) }));
}

/** Why a link that a person looks for is not offered: it may point at several records. */
function tooMany(table: TableLike | undefined, fits: (field: Field) => boolean): string {
  const names = (table?.fields ?? []).filter((field) => field.type === "link" && field.options.many !== false && fits(field)).map((field) => t("「{field}」", { field: field.name }));
  return names.length && !links(table).some(fits) ? t("{fields} 能关联多条,占货要一条对一条:在字段设置里改成「一条」就能用", { fields: names.join(t("、")) }) : "";
}
