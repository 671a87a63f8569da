/** `<hb-stock data-source="stock-page">`: a stock. What is where, who holds it, every movement; receive, adjust, count. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/runs.css";
import "../../styles/stocks.css";
import { api, ApiError, randomKey, showError } from "../api";
import { define, HbElement } from "../base";
import { openDialog } from "../dialog/dialog";
import { debounce } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { openMenu } from "../menu/menu";
import { ago } from "../runs/status";
import { toast } from "../toast/toast";
import { changeDialog, savedBefore, type ChangeKind } from "./change-dialog";
import { releaseOrder } from "./release";
import type { Balance, Balances, Hold, Movement, Movements, Named, StockCheck, StockPageData } from "./types";
import { amount, difference, kindIcons, kindLabel, nameOf, promises, signed } from "./words";

type Tab = "balances" | "holds" | "ledger";
type Only = "all" | "held" | "none";

class HbStock extends HbElement {
  static override properties = {
    tab: { state: true },
    balances: { state: true },
    holds: { state: true },
    ledger: { state: true },
    only: { state: true },
    counts: { state: true },
    refused: { state: true },
    busy: { state: true },
  };
  declare private tab: Tab;
  declare private balances: Balances | null;
  declare private holds: Hold[] | null;
  declare private ledger: Movements | null;
  declare private only: Only;
  /** While stock is taken: what was counted, by shelf, with what was on hand when it was typed. */
  declare private counts: Map<string, { typed: string; expected: Balance["on_hand"] }> | null;
  declare private refused: Map<string, string>;
  declare private busy: boolean;
  #page!: StockPageData;
  #search = "";
  /** Holds and movements of one shelf or order only. */
  #shelf: Named | null = null;
  #order: Named | null = null;
  #key = randomKey();
  #asked = 0;
  #loading: Promise<void> = Promise.resolve();
  #stop: (() => void) | null = null;
  readonly #refresh = debounce(() => void this.#load(true), 400);
  readonly #find = debounce(() => void this.#load(), 250);

  constructor() {
    super();
    this.tab = "balances";
    this.balances = this.holds = this.ledger = null;
    this.only = "all";
    this.counts = null;
    this.refused = new Map();
    this.busy = false;
  }

  override connectedCallback(): void {
    this.#page = this.pageData<StockPageData>()!;
    super.connectedCallback();
    const asked = new URLSearchParams(location.search);
    const tab = asked.get("tab");
    if (tab === "holds" || tab === "ledger") this.tab = tab;
    const [shelf, order] = [asked.get("shelf"), asked.get("order")];
    if (shelf) this.#shelf = { id: shelf, name: "", gone: false };
    if (order) this.#order = { id: order, name: "", gone: false };
    this.#search = asked.get("search") ?? "";
    this.#stop = watch([this.#page.shelves.id, this.#page.lines.id], () => this.#refresh());
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  get #address(): string {
    return `/api/v1/stocks/${this.#page.stock.id}`;
  }

  /** Read what the open tab shows; `again`: as many as are shown now. Done when it, or what was asked after it, is shown. */
  async #load(again = false): Promise<void> {
    let mine = (this.#loading = this.#read(again));
    for (await mine; mine !== this.#loading; await mine) mine = this.#loading;
  }

  async #read(again: boolean): Promise<void> {
    const mine = ++this.#asked;
    const params = { shelf: this.#shelf?.id, order: this.#order?.id };
    try {
      if (this.tab === "balances") {
        const limit = again ? Math.max(50, Math.min(200, this.balances?.shelves.length ?? 50)) : 50;
        const answer = await api.get<Balances>(`${this.#address}/balances`, { params: { search: this.#search || null, only: this.only, limit } });
        if (mine === this.#asked) this.balances = answer;
      } else if (this.tab === "holds") {
        const { holds } = await api.get<{ holds: Hold[] }>(`${this.#address}/holds`, { params });
        if (mine === this.#asked) this.holds = this.#named(holds);
      } else {
        const answer = await api.get<Movements>(`${this.#address}/movements`, { params: { ...params, limit: again ? Math.max(50, Math.min(200, this.ledger?.movements.length ?? 50)) : 50 } });
        if (mine === this.#asked) this.ledger = { ...answer, movements: this.#named(answer.movements) };
      }
    } catch (failure) {
      showError(failure);
    }
  }

  /** The address names a shelf or an order by id only: what it is called comes with the answer. */
  #named<T extends { shelf: Named | null; order: Named | null }>(rows: T[]): T[] {
    if (this.#shelf && !this.#shelf.name) this.#shelf = rows.find((row) => row.shelf?.id === this.#shelf?.id)?.shelf ?? this.#shelf;
    if (this.#order && !this.#order.name) this.#order = rows.find((row) => row.order?.id === this.#order?.id)?.order ?? this.#order;
    return rows;
  }

  async #more(): Promise<void> {
    this.busy = true;
    try {
      if (this.tab === "balances" && this.balances) {
        const answer = await api.get<Balances>(`${this.#address}/balances`, { params: { search: this.#search || null, only: this.only, cursor: this.balances.next_cursor } });
        this.balances = { ...this.balances, next_cursor: answer.next_cursor, shelves: [...this.balances.shelves, ...answer.shelves] };
      } else if (this.tab === "ledger" && this.ledger) {
        const answer = await api.get<Movements>(`${this.#address}/movements`, { params: { shelf: this.#shelf?.id, order: this.#order?.id, before: this.ledger.next } });
        this.ledger = { next: answer.next, movements: [...this.ledger.movements, ...answer.movements] };
      }
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  #go(tab: Tab, shelf: Named | null = null, order: Named | null = null): void {
    this.#shelf = shelf;
    this.#order = order;
    this.tab = tab;
    this.holds = null;
    this.ledger = null;
    const params = new URLSearchParams();
    if (tab !== "balances") params.set("tab", tab);
    if (shelf) params.set("shelf", shelf.id);
    if (order) params.set("order", order.id);
    history.replaceState(history.state, "", params.size ? `${location.pathname}?${params.toString()}` : location.pathname);
    void this.#load();
  }

  async #change(kind: ChangeKind, balance: Balance): Promise<void> {
    const done = await changeDialog(this.#page.stock.id, kind, balance);
    if (!done) return;
    toast(t("{name} 现在在库 {on_hand},可用 {available}", { name: balance.shelf.name, on_hand: amount(done.on_hand), available: amount(done.available) }));
    await this.#load(true);
  }

  #menu(event: Event, balance: Balance): void {
    const edit = this.#page.can_edit;
    openMenu(event.currentTarget as HTMLElement, [
      ...(edit
        ? [
            { label: t("入库"), icon: "package-plus", run: () => void this.#change("receive", balance) },
            { label: t("调整"), icon: "pencil", run: () => void this.#change("adjust", balance) },
            { label: t("盘点"), icon: "clipboard-check", run: () => void this.#change("count", balance) },
            "separator" as const,
          ]
        : []),
      { label: t("谁占着"), icon: "package-check", run: () => this.#go("holds", balance.shelf) },
      { label: t("库存流水"), icon: "history", run: () => this.#go("ledger", balance.shelf) },
      { label: t("打开记录"), icon: "panel-right-open", href: `/t/${this.#page.shelves.id}?record=${balance.shelf.id}` },
    ]);
  }

  async #saveCounts(): Promise<void> {
    const counts = [...(this.counts ?? [])].filter(([, one]) => one.typed.trim() !== "");
    if (!counts.length) {
      this.counts = null;
      return;
    }
    this.busy = true;
    try {
      const items = counts.map(([record, one]) => ({ record, quantity: one.typed.trim(), expected: one.expected }));
      const answer = await api.post<{ items: { change: Balance["on_hand"] }[] }>(`${this.#address}/count`, { items, key: this.#key });
      const off = answer.items.filter((item) => Number(item.change) !== 0).length;
      toast(off ? t("盘点了 {n} 个库位,{off} 个有出入,已记入流水", { n: items.length, off }) : t("盘点了 {n} 个库位,全部相符", { n: items.length }));
      this.counts = null;
      this.refused = new Map();
      this.#key = randomKey();
      await this.#load(true);
    } catch (failure) {
      if (savedBefore(failure)) {
        this.#key = randomKey();
        toast(t("刚才那次其实已经保存了,只是没收到回音。看一下现在的数量,还要改就再保存一次"), { kind: "bad" });
        await this.#load(true);
      } else if (failure instanceof ApiError && failure.problems.length) {
        // first what is there now, which a count typed after the refusal goes by
        await this.#load(true);
        this.refused = new Map(failure.problems.map((problem) => [counts[Number(problem.path?.split(".")[1])]?.[0] ?? "", problem.message]));
      } else showError(failure);
    } finally {
      this.busy = false;
    }
  }

  #type(balance: Balance, typed: string): void {
    const counts = new Map(this.counts);
    if (typed.trim() === "") counts.delete(balance.shelf.id);
    else counts.set(balance.shelf.id, { typed, expected: balance.on_hand });
    this.counts = counts;
    if (this.refused.has(balance.shelf.id)) {
      this.refused = new Map(this.refused);
      this.refused.delete(balance.shelf.id);
    }
  }

  async #fill(): Promise<void> {
    this.busy = true;
    try {
      const body = this.#order ? { order: this.#order.id } : this.#shelf ? { shelf: this.#shelf.id } : {};
      const { orders } = await api.post<{ orders: number }>(`${this.#address}/fill`, body);
      toast(orders ? t("{n} 个订单补到了货", { n: orders }) : t("现在没有能补的货"));
      await this.#load(true);
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  async #release(order: Named): Promise<void> {
    if (await releaseOrder(this.#page.stock.id, order)) await this.#load(true);
  }

  async #check(): Promise<void> {
    this.busy = true;
    try {
      const check = await api.get<StockCheck>(`${this.#address}/check`);
      if (check.ok) toast(t("核对过了:流水、结存和占用都对得上"));
      else await this.#tell(check);
    } catch (failure) {
      showError(failure);
    } finally {
      this.busy = false;
    }
  }

  async #tell(check: StockCheck): Promise<void> {
    const free = async (record: string): Promise<void> => {
      try {
        const { quantity } = await api.post<{ quantity: number }>(`${this.#address}/unowned`, { shelf: record });
        toast(t("放回了 {n} 件", { n: amount(quantity) }));
        await this.#load(true);
      } catch (failure) {
        showError(failure);
      }
    };
    await openDialog<boolean>({
      heading: t("有 {n} 处对不上", { n: check.differences.length }),
      size: "l",
      body: html`<ul class="sk-differences">${check.differences.map(
        (one) => html`<li>${icon("triangle-alert", 16)}<span class="grow">${one.message}${one.code === "unowned" ? nothing : html`<span class="hint">${one.advice}</span>`}</span>${one.code === "unowned" && one.record && this.#page.can_edit ? html`<button type="button" class="btn s" @click=${(event: Event) => {
          (event.currentTarget as HTMLButtonElement).disabled = true;
          void free(one.record!);
        }}>${t("放回去")}</button>` : nothing}</li>`,
      )}</ul>`,
      actions: [{ label: t("知道了"), value: true, kind: "p" }],
    });
  }

  // ---- what is drawn ----

  protected override render(): TemplateResult {
    const { balances } = this;
    const tab = (name: Tab, label: string, count?: number | null) =>
      html`<button type="button" role="tab" class="tab" aria-selected=${String(this.tab === name)} @click=${() => this.#go(name)}>${label}${count ? html` <span class="count">${count}</span>` : nothing}</button>`;
    return html`<div class="bar sk-bar">
        <div class="tabs" role="tablist" aria-label=${this.#page.stock.name}>${tab("balances", t("结存"))}${tab("holds", t("占用"), balances?.waiting)}${tab("ledger", t("库存流水"))}</div>
        <span class="grow"></span>
        ${this.tab === "balances" ? this.#tools() : this.tab === "holds" && this.#page.stock.partial && this.#page.can_edit ? html`<button type="button" class="btn s" aria-busy=${String(this.busy)} @click=${() => void this.#fill()}>${icon("package-plus", 14)}${t("补上缺货")}</button>` : nothing}
      </div>
      ${this.#shelf || this.#order ? this.#narrowed() : nothing}
      <div class="ru-page">${this.tab === "balances" ? this.#balances() : this.tab === "holds" ? this.#holds() : this.#movements()}</div>
      ${this.counts ? this.#counting() : nothing}`;
  }

  #tools(): TemplateResult {
    const only = (value: Only, label: string) =>
      html`<button type="button" aria-pressed=${String(this.only === value)} @click=${() => {
        this.only = value;
        void this.#load();
      }}>${label}</button>`;
    return html`<div class="inp s sk-search">${icon("search", 14)}<input type="search" aria-label=${t("搜索库存")} placeholder=${t("搜编码、库位")} .value=${this.#search} @input=${(event: Event) => {
        this.#search = (event.target as HTMLInputElement).value.trim();
        this.#find();
      }} /></div>
      <div class="seg" role="group" aria-label=${t("只看")}>${only("all", t("全部"))}${only("held", t("有预占"))}${only("none", t("没货"))}</div>
      ${this.#page.can_edit
        ? html`<button type="button" class="btn s" ?disabled=${this.counts !== null} @click=${() => (this.counts = new Map())}>${icon("clipboard-check", 14)}${t("盘点")}</button>
            <button type="button" class="btn s" aria-busy=${String(this.busy)} @click=${() => void this.#check()}>${icon("scale", 14)}${t("核对")}</button>`
        : nothing}`;
  }

  #narrowed(): TemplateResult {
    const what = this.#shelf ? t("只看库位 {name}", { name: nameOf(this.#shelf) }) : t("只看订单 {name}", { name: nameOf(this.#order) });
    return html`<div class="sk-narrow"><span class="chip">${what}</span><button type="button" class="btn s g" @click=${() => this.#go(this.tab)}>${t("看全部")}</button></div>`;
  }

  #waiting(): TemplateResult {
    return html`<div class="card-p stack" role="status" aria-label=${t("正在读取")}><div class="sk"></div><div class="sk"></div><div class="sk"></div></div>`;
  }

  #balances(): TemplateResult {
    const { balances } = this;
    if (!balances) return this.#waiting();
    if (!balances.shelves.length)
      return this.#search || this.only !== "all"
        ? html`<div class="empty">${icon("search", 32)}<h2>${t("没有找到")}</h2><p>${t("换个词或换个筛选看看")}</p></div>`
        : html`<div class="empty">${icon("warehouse", 32)}<h2>${t("还没有库存")}</h2><p>${t("在「{table}」里每种货、每个库位记一条,这里就有了。", { table: this.#page.shelves.name })}</p><a class="btn p" href="/t/${this.#page.shelves.id}">${t("打开「{table}」", { table: this.#page.shelves.name })}</a></div>`;
    return html`<table class="tbl sk-table">
        <thead><tr><th>${this.#page.shelves.name}</th>${this.#page.located ? html`<th>${t("库位")}</th>` : nothing}<th class="num">${t("在库")}</th><th class="num">${t("预占")}</th><th class="num">${t("可用")}</th>${this.counts ? html`<th>${t("实际数到")}</th>` : html`<th><span class="sr">${t("操作")}</span></th>`}</tr></thead>
        <tbody>${balances.shelves.map((one) => this.#balance(one))}</tbody>
        ${balances.total !== null && balances.total > 1 ? html`<tfoot><tr><td>${t("共 {n} 个库位", { n: balances.total })}</td>${this.#page.located ? html`<td></td>` : nothing}<td class="num" data-label=${t("在库")}>${amount(balances.on_hand)}</td><td class="num" data-label=${t("预占")}>${amount(balances.reserved)}</td><td class="num" data-label=${t("可用")}>${amount(Number(balances.on_hand ?? 0) - Number(balances.reserved ?? 0))}</td><td></td></tr></tfoot>` : nothing}
      </table>
      ${balances.next_cursor ? this.#moreButton() : nothing}`;
  }

  #balance(one: Balance): TemplateResult {
    const counted = this.counts?.get(one.shelf.id);
    const refused = this.refused.get(one.shelf.id);
    const said = refused ?? (counted ? difference(counted.typed, one.on_hand) : "");
    const available = Number(one.available ?? 0);
    return html`<tr>
      <td class="sk-name"><a href="/t/${this.#page.shelves.id}?record=${one.shelf.id}">${nameOf(one.shelf)}</a></td>
      ${this.#page.located ? html`<td class="sk-place">${one.location}</td>` : nothing}
      <td class="num sk-on-hand" data-label=${t("在库")}>${amount(one.on_hand)}</td>
      <td class="num sk-reserved" data-label=${t("预占")}>${Number(one.reserved) ? html`<button type="button" class="tool" @click=${() => this.#go("holds", one.shelf)}>${amount(one.reserved)}</button>` : html`<span class="f3">0</span>`}</td>
      <td class="num sk-available ${available <= 0 ? "none" : ""}" data-label=${t("可用")}>${amount(one.available)}</td>
      ${this.counts
        ? html`<td class="sk-count"><input class="inp s" inputmode="decimal" aria-label=${t("{name} 实际数到", { name: `${one.shelf.name} ${one.location}`.trim() })} aria-invalid=${String(Boolean(refused))} .value=${counted?.typed ?? ""} @input=${(event: Event) => this.#type(one, (event.target as HTMLInputElement).value)} /><span class="t12 ${refused ? "bad" : "f3"}" role="status">${said}</span></td>`
        : html`<td class="sk-do"><button type="button" class="icb" aria-label=${t("{name} 的操作", { name: `${one.shelf.name} ${one.location}`.trim() })} aria-haspopup="menu" @click=${(event: Event) => this.#menu(event, one)}>${icon("ellipsis")}</button></td>`}
    </tr>`;
  }

  #counting(): TemplateResult {
    const n = this.counts?.size ?? 0;
    return html`<div class="sk-counting" role="region" aria-label=${t("盘点")}>
      <span class="grow" role="status">${this.refused.size ? html`<span class="sk-bad">${t("{n} 处要改,什么都还没有保存", { n: this.refused.size })}</span>` : n ? t("数了 {n} 个库位", { n }) : t("在每个库位填实际数到的数量,没数的空着")}</span>
      <button type="button" class="btn s" @click=${() => {
        this.counts = null;
        this.refused = new Map();
      }}>${t("取消")}</button>
      <button type="button" class="btn s p" ?disabled=${!n} aria-busy=${String(this.busy)} @click=${() => void this.#saveCounts()}>${t("保存盘点")}</button>
    </div>`;
  }

  #record(named: Named | null, table: string): TemplateResult {
    if (!named?.id) return html`<span class="f3">—</span>`;
    return named.gone ? html`<span class="f3">${nameOf(named)} ${t("(已删除)")}</span>` : html`<a href="/t/${table}?record=${named.id}">${nameOf(named)}</a>`;
  }

  #holds(): TemplateResult {
    if (!this.holds) return this.#waiting();
    if (!this.holds.length) return html`<div class="empty">${icon("package-check", 32)}<h2>${t("没有占用")}</h2><p>${t("订单预占的货会列在这里:哪个订单、占了多少、占在哪个库位。")}</p></div>`;
    return html`<table class="tbl sk-table sk-list">
      <thead><tr><th>${this.#page.orders.name || t("订单")}</th><th>${t("明细")}</th><th>${t("库位")}</th><th class="num">${t("数量")}</th><th>${t("从什么时候")}</th><th>${t("到期")}</th>${this.#page.can_edit ? html`<th><span class="sr">${t("操作")}</span></th>` : nothing}</tr></thead>
      <tbody>${this.holds.map(
        (one) => html`<tr>
          <td class="sk-name">${this.#record(one.order, this.#page.orders.id)}</td>
          <td class="sk-line">${this.#record(one.line, this.#page.lines.id)}</td>
          <td class="sk-place">${one.shelf ? html`${this.#record(one.shelf, this.#page.shelves.id)} <span class="f2">${one.location}</span>` : html`<span class="tag c-amber">${t("等补货")}</span>`}</td>
          <td class="num sk-available">${amount(one.quantity)}</td>
          <td class="sk-at f3" data-label=${t("从什么时候")}>${ago(one.since)}</td>
          <td class="sk-until" data-label=${t("到期")}>${one.expires_at ? ago(one.expires_at) : html`<span class="f3">${one.shelf ? t("不过期") : "—"}</span>`}</td>
          ${this.#page.can_edit ? html`<td class="sk-do">${one.order.id && !one.order.gone ? html`<button type="button" class="btn s g" aria-label=${t("释放「{name}」的预占", { name: nameOf(one.order) })} @click=${() => void this.#release(one.order)}>${t("释放预占")}</button>` : nothing}</td>` : nothing}
        </tr>`,
      )}</tbody>
    </table>`;
  }

  #movements(): TemplateResult {
    const { ledger } = this;
    if (!ledger) return this.#waiting();
    if (!ledger.movements.length) return html`<div class="empty">${icon("history", 32)}<h2>${t("还没有流水")}</h2><p>${t("每一次入库、预占、释放、出库、调整和盘点都会记在这里,改不掉也删不掉。")}</p></div>`;
    return html`<table class="tbl sk-table sk-list">
        <thead><tr><th>${t("时间")}</th><th>${t("做了什么")}</th><th>${t("库位")}</th><th class="num">${t("数量")}</th><th class="num">${t("在库")}</th><th class="num">${t("预占")}</th><th>${this.#page.orders.name || t("订单")}</th><th>${t("谁")}</th><th>${t("原因")}</th></tr></thead>
        <tbody>${ledger.movements.map((one) => this.#movement(one))}</tbody>
      </table>
      ${ledger.next ? this.#moreButton() : nothing}`;
  }

  #movement(one: Movement): TemplateResult {
    const who = one.actor.name || (one.actor.kind === "system" ? t("系统") : one.actor.id);
    return html`<tr>
      <td class="sk-at f3">${ago(one.at)}</td>
      <td class="sk-kind"><span class="sk-mark sk-${one.kind}">${icon(kindIcons[one.kind], 15)}${kindLabel(one.kind)}</span></td>
      <td class="sk-place">${this.#record(one.shelf, this.#page.shelves.id)} <span class="f2">${one.location}</span></td>
      <td class="num sk-available">${signed(one)}</td>
      <td class="num sk-on-hand ${promises(one.kind) ? "f3" : ""}" data-label=${t("在库")}>${amount(one.on_hand_after)}</td>
      <td class="num sk-reserved" data-label=${t("预占")}>${amount(one.reserved_after)}</td>
      <td class="sk-line">${one.order ? this.#record(one.order, this.#page.orders.id) : nothing}</td>
      <td class="sk-who">${one.run ? html`<a href="/runs/${one.run}">${who}</a>` : who}</td>
      <td class="sk-why">${one.reason ?? ""}</td>
    </tr>`;
  }

  #moreButton(): TemplateResult {
    return html`<div class="card-p"><button type="button" class="btn" aria-busy=${String(this.busy)} @click=${() => void this.#more()}>${this.tab === "ledger" ? t("更早的") : t("再看一些")}</button></div>`;
  }
}

define("hb-stock", HbStock);
