/** `<hb-trash data-source="…">`: what was deleted, with restoring and removing for good. Data: {@link TrashPageData}. */
import { html, nothing, type TemplateResult } from "lit";
import "../../styles/trash.css";
import { api, ApiError, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { debounce } from "../dom";
import { formatMoment, formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { relative } from "../shell/times";
import { toast } from "../toast/toast";
import { addressOf, readPage, type Entry, type Returned, type TrashPageData } from "./entries";

interface StoredAnswer {
  records: { id?: string; problems?: Problem[] }[];
}

class HbTrash extends HbElement {
  static override properties = { entries: { state: true }, total: { state: true }, next: { state: true }, chosen: { state: true }, busy: { state: true }, search: { state: true } };
  declare private entries: Entry[] | null;
  declare private total: number;
  declare private next: string | null;
  declare private chosen: Set<string>;
  declare private busy: boolean;
  declare private search: string;
  #page!: TrashPageData;
  #asked = 0;
  readonly #look = debounce(() => void this.#load(), 250);

  constructor() {
    super();
    this.entries = null;
    this.total = 0;
    this.next = null;
    this.chosen = new Set();
    this.busy = false;
    this.search = "";
  }

  override connectedCallback(): void {
    this.#page = this.pageData<TrashPageData>()!;
    super.connectedCallback();
    void this.#load();
  }

  async #load(more = false): Promise<void> {
    const asked = ++this.#asked;
    try {
      const page = await readPage(this.#page, this.search, more ? this.next : null);
      if (asked !== this.#asked) return;
      this.entries = more ? [...(this.entries ?? []), ...page.entries] : page.entries;
      this.next = page.next;
      if (page.total !== null) this.total = page.total;
      if (!more) this.chosen = new Set();
    } catch (failure) {
      this.entries ??= [];
      showError(failure);
    }
  }

  /* ---- what can be done ---- */

  async #do(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (failure) {
      showError(failure);
    }
    await this.#load();
    this.busy = false;
  }

  #restore(entry: Entry): void {
    void this.#do(async () => {
      if (this.#page.scope === "records") await this.#restoreRecords([entry]);
      else if (this.#page.scope === "apps") {
        const { id, name } = await api.post<{ id: string; name: string }>(`/api/v1/apps/${entry.id}/restore`);
        this.#say(t("「{name}」恢复了", { name }), `/a/${id}`);
      } else {
        const { items } = await api.post<{ items: Returned[] }>(`/api/v1/trash/${entry.id}/restore`);
        const main = items.find((one) => one.id === entry.id) ?? items[0]!;
        const words = items.length > 1 ? t("「{name}」和另外 {n} 项恢复了", { name: main.name, n: items.length - 1 }) : t("「{name}」恢复了", { name: main.name });
        this.#say(words, addressOf(main, this.#page.app ?? ""));
      }
    });
  }

  async #restoreRecords(entries: Entry[]): Promise<void> {
    const { table } = this.#page;
    let answer: StoredAnswer;
    try {
      answer = await api.post<StoredAnswer>(`/api/v1/tables/${table}/restore`, { records: entries.map((one) => one.id) });
    } catch (failure) {
      // None came back; the body tells why, record by record.
      const reason = failure instanceof ApiError ? failure.problems[0]?.message : null;
      if (!reason) throw failure;
      toast(reason, { kind: "bad" });
      return;
    }
    const refused = answer.records.flatMap((one) => one.problems ?? []);
    const back = answer.records.length - answer.records.filter((one) => one.problems?.length).length;
    const first = entries[0]!;
    const words = entries.length === 1 ? t("「{name}」恢复了", { name: first.name }) : t("恢复了 {n} 条记录", { n: formatNumber(back) });
    this.#say(words, entries.length === 1 ? `/t/${table}?record=${first.id}` : `/t/${table}`);
    if (refused.length) toast(t("{n} 条没有恢复:{reason}", { n: entries.length - back, reason: refused[0]!.message }), { kind: "bad" });
  }

  #say(message: string, address: string): void {
    toast(message, { action: t("去看看"), run: () => location.assign(address) });
  }

  async #remove(entries: Entry[] | null): Promise<void> {
    const one = entries?.length === 1 ? entries[0]! : null;
    const count = entries?.length ?? this.total;
    const heading = one ? t("彻底删除「{name}」?", { name: one.name }) : t("彻底删除 {n} 条记录?", { n: formatNumber(count) });
    const lost = this.#page.scope === "records" ? t("会从数据库里抹掉,再也找不回来。") : t("里面的内容一起从数据库里抹掉,再也找不回来。");
    const text = one?.together.length ? html`${lost}<br />${t("一起没有的还有:{names}", { names: one.together.join(t("、")) })}` : lost;
    if (!(await confirmDialog({ heading, text, action: t("彻底删除"), danger: true }))) return;
    await this.#do(async () => {
      if (this.#page.scope !== "records") await api.delete(`/api/v1/trash/${one!.id}`);
      else {
        const body = entries ? { records: entries.map((entry) => entry.id) } : { all: true };
        await api.delete(`/api/v1/tables/${this.#page.table}/trash`, body);
      }
      toast(one ? t("「{name}」彻底删除了", { name: one.name }) : t("彻底删除了 {n} 条记录", { n: formatNumber(count) }));
    });
  }

  /* ---- what is shown ---- */

  #choose(id: string, yes: boolean): void {
    const chosen = new Set(this.chosen);
    if (yes) chosen.add(id);
    else chosen.delete(id);
    this.chosen = chosen;
  }

  #bar(entries: Entry[]): TemplateResult | typeof nothing {
    if (this.#page.scope !== "records" || (!entries.length && !this.search)) return nothing;
    const chosen = entries.filter((one) => this.chosen.has(one.id));
    const all = entries.length > 0 && chosen.length === entries.length;
    const pick = (event: Event) => (this.chosen = new Set((event.target as HTMLInputElement).checked ? entries.map((one) => one.id) : []));
    const typed = (event: Event) => {
      this.search = (event.target as HTMLInputElement).value.trim();
      this.#look();
    };
    return html`<div class="trash-bar">
      <label class="trash-pick"><input class="ck" type="checkbox" .checked=${all} .indeterminate=${chosen.length > 0 && !all} @change=${pick} aria-label=${t("全选")} /></label>
      ${chosen.length
        ? html`<span class="t13 f2 grow">${t("选了 {n} 条", { n: formatNumber(chosen.length) })}</span>
            ${this.#page.removes ? html`<button type="button" class="btn s do" ?disabled=${this.busy} @click=${() => void this.#remove(chosen)}>${t("彻底删除")}</button>` : nothing}
            <button type="button" class="btn s p" ?disabled=${this.busy} @click=${() => void this.#do(() => this.#restoreRecords(chosen))}>${t("恢复 {n} 条", { n: formatNumber(chosen.length) })}</button>`
        : html`<label class="trash-find grow">${icon("search", 14)}<span class="sr">${t("在回收站里找")}</span><input type="search" placeholder=${t("在回收站里找")} autocomplete="off" .value=${this.search} @input=${typed} /></label>
            <span class="t12 f3">${t("共 {n} 条", { n: formatNumber(this.total) })}</span>
            ${this.#page.removes && entries.length && !this.search ? html`<button type="button" class="btn s g" ?disabled=${this.busy} @click=${() => void this.#remove(null)}>${t("清空回收站")}</button>` : nothing}`}
    </div>`;
  }

  #row(entry: Entry): TemplateResult {
    const when = relative(new Date(entry.deletedAt)) ?? formatMoment(entry.deletedAt);
    const days = Math.max(0, Math.ceil((new Date(entry.goneAt).getTime() - Date.now()) / 86_400_000));
    const who = entry.by ? t("{name} {when}删除", { name: entry.by, when }) : t("{when}删除", { when });
    const pickable = this.#page.scope === "records";
    return html`<li class="trash-row">
      ${pickable
        ? html`<label class="trash-pick"><input class="ck" type="checkbox" .checked=${this.chosen.has(entry.id)} aria-label=${t("选择「{name}」", { name: entry.name })} @change=${(event: Event) => this.#choose(entry.id, (event.target as HTMLInputElement).checked)} /></label>`
        : html`<span class=${entry.color ? `app-ic c-${entry.color}` : "trash-ic"}>${icon(entry.icon, 16)}</span>`}
      <div class="grow trash-what">
        <div class="cut"><b class="trash-name">${entry.name}</b>${entry.what ? html` <span class="t12 f3">${entry.what}</span>` : nothing}</div>
        ${entry.together.length ? html`<div class="t12 f2">${t("连同 {names}", { names: entry.together.join(t("、")) })}</div>` : nothing}
        <div class="t12 f3"><time datetime=${entry.deletedAt} data-tip=${formatMoment(entry.deletedAt)}>${who}</time> · ${days ? t("还留 {n} 天", { n: days }) : t("今天清除")}</div>
      </div>
      <div class="trash-do">
        <button type="button" class="btn s" ?disabled=${this.busy} aria-label=${t("恢复「{name}」", { name: entry.name })} @click=${() => this.#restore(entry)}>${icon("undo-2", 14)}${t("恢复")}</button>
        ${this.#page.removes ? html`<button type="button" class="icb" ?disabled=${this.busy} aria-label=${t("彻底删除「{name}」", { name: entry.name })} data-tip=${t("彻底删除")} @click=${() => void this.#remove([entry])}>${icon("trash-2", 16)}</button>` : nothing}
      </div>
    </li>`;
  }

  #elsewhere(): TemplateResult | typeof nothing {
    const tables = this.#page.tables ?? [];
    if (!tables.length) return nothing;
    return html`<section class="card card-p trash-tables" aria-labelledby="trash-tables">
      <h2 id="trash-tables" class="t13 f2">${t("删除的记录在各自的数据表里")}</h2>
      <div class="wrap">${tables.map((one) => html`<a class="chip" href="/t/${one.id}/trash"><span class="cut">${one.name}</span><span class="f3">${t("{n} 条", { n: formatNumber(one.count) })}</span></a>`)}</div>
    </section>`;
  }

  #nothing(): TemplateResult {
    if (this.search) return html`<p class="trash-none f3">${t("回收站里没有「{words}」", { words: this.search })}</p>`;
    const words = {
      records: t("删除的记录会先到这里,留 {days} 天,随时可以恢复。", { days: this.#page.days }),
      parts: t("删除的数据表、字段、视图、自动化会先到这里,留 {days} 天,随时可以恢复。", { days: this.#page.days }),
      apps: t("删除的应用会先到这里,留 {days} 天,随时可以恢复。", { days: this.#page.days }),
    };
    return html`<div class="empty">${icon("trash-2", 28)}<h2>${t("回收站是空的")}</h2><p>${words[this.#page.scope]}</p></div>`;
  }

  protected override render(): TemplateResult {
    const entries = this.entries;
    if (entries === null) return html`<section class="card card-p"><div class="sk"></div></section>`;
    return html`${this.#elsewhere()}
      <section class="card trash-card" aria-label=${t("回收站")} aria-busy=${String(this.busy)}>
        ${this.#bar(entries)}
        ${entries.length ? html`<ul class="trash-list">${entries.map((entry) => this.#row(entry))}</ul>` : this.#nothing()}
        ${this.next ? html`<div class="trash-more"><button type="button" class="btn s" @click=${() => void this.#load(true)}>${t("再看 100 条")}</button></div>` : nothing}
      </section>`;
  }
}

define("hb-trash", HbTrash);
