/**
 * The command palette (Ctrl/⌘-K): records, tables, pages and commands in one list.
 *
 * `GET /ui/palette?q=…` answers `{groups: [{title, items: [{title, sub?, icon?, href}]}]}`; with an empty `q` it gives the
 * places visited last. Commands of the page are added with {@link addCommands}.
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { api } from "../api";
import { debounce } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import { setLanguage, setTheme } from "../shell/appearance";

export interface PaletteItem {
  title: string;
  sub?: string;
  icon?: string;
  href?: string;
  run?: () => void;
}

interface Group {
  title: string;
  items: PaletteItem[];
}

const commands: PaletteItem[] = [];

/** Offer more commands on this page. */
export function addCommands(items: PaletteItem[]): void {
  commands.push(...items);
}

function ownCommands(): PaletteItem[] {
  return [
    ...commands,
    { title: t("浅色主题"), icon: "sun", run: () => setTheme("light") },
    { title: t("深色主题"), icon: "moon", run: () => setTheme("dark") },
    { title: t("主题跟随系统"), icon: "sun-moon", run: () => setTheme("system") },
    { title: "中文", sub: t("界面语言"), icon: "languages", run: () => void setLanguage("zh") },
    { title: "English", sub: t("界面语言"), icon: "languages", run: () => void setLanguage("en") },
  ];
}

class Palette {
  readonly #dialog = document.createElement("dialog");
  #groups: Group[] = [];
  #query = "";
  /** The words that the list answers; others are on their way while a person types. */
  #answered: string | null = null;
  /** Enter was pressed before the answer came: its first item is meant. */
  #eager: { inNewTab: boolean } | null = null;
  #cursor = 0;
  #ask = 0;
  #failed = false;

  constructor() {
    this.#dialog.className = "dlg palette";
    this.#dialog.setAttribute("aria-label", t("搜索记录、表、页面、命令"));
    this.#dialog.addEventListener("close", () => this.#dialog.remove());
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("pointerdown", (event) => event.target === this.#dialog && this.#dialog.close());
    document.body.append(this.#dialog);
    this.#draw();
    this.#dialog.showModal();
    this.#dialog.querySelector("input")?.focus();
    void this.#search();
  }

  readonly #searchSoon = debounce(() => void this.#search(), 120);

  async #search(): Promise<void> {
    const ask = ++this.#ask;
    const words = this.#query;
    try {
      const { groups } = await api.get<{ groups: Group[] }>("/ui/palette", { params: { q: words } });
      if (ask !== this.#ask) return;
      this.#groups = groups;
      this.#failed = false;
    } catch {
      if (ask !== this.#ask) return;
      this.#groups = [];
      this.#failed = true;
    }
    this.#answered = words;
    this.#cursor = 0;
    this.#draw();
    const eager = this.#eager;
    this.#eager = null;
    if (eager && words === this.#query && this.#dialog.open) this.#choose(this.#items()[0], eager.inNewTab);
  }

  #shown(): Group[] {
    const words = this.#query.trim().toLowerCase();
    const own = ownCommands().filter((item) => `${item.title} ${item.sub ?? ""}`.toLowerCase().includes(words));
    const groups = this.#groups.filter((group) => group.items.length);
    return own.length && (words || !groups.length) ? [...groups, { title: t("命令"), items: own }] : groups;
  }

  #items(): PaletteItem[] {
    return this.#shown().flatMap((group) => group.items);
  }

  #choose(item: PaletteItem | undefined, inNewTab = false): void {
    if (!item) return;
    this.#dialog.close();
    if (item.run) item.run();
    else if (item.href && inNewTab) window.open(item.href, "_blank", "noopener");
    else if (item.href) location.assign(item.href);
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const count = this.#items().length;
    if (event.key === "ArrowDown") this.#cursor = count ? (this.#cursor + 1) % count : 0;
    else if (event.key === "ArrowUp") this.#cursor = count ? (this.#cursor - 1 + count) % count : 0;
    else if (event.key === "Enter" && this.#answered !== this.#query) {
      this.#eager = { inNewTab: event.ctrlKey || event.metaKey };
      void this.#search();
    } else if (event.key === "Enter") return this.#choose(this.#items()[this.#cursor], event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
    this.#draw();
    this.#dialog.querySelector(".menu-i.cur")?.scrollIntoView({ block: "nearest" });
  }

  #title(text: string): TemplateResult {
    const words = this.#query.trim();
    const at = words ? text.toLowerCase().indexOf(words.toLowerCase()) : -1;
    if (at < 0) return html`${text}`;
    return html`${text.slice(0, at)}<mark>${text.slice(at, at + words.length)}</mark>${text.slice(at + words.length)}`;
  }

  #draw(): void {
    let index = -1;
    const row = (item: PaletteItem) => {
      index += 1;
      const at = index;
      return html`<div
        class="menu-i ${at === this.#cursor ? "cur" : ""}"
        role="option"
        id=${`palette-${at}`}
        aria-selected=${String(at === this.#cursor)}
        @click=${(event: MouseEvent) => this.#choose(item, event.ctrlKey || event.metaKey)}
      >
        ${icon(item.icon ?? "arrow-right")}<span class="cut">${this.#title(item.title)}</span>${item.sub
          ? html`<span class="end cut">${item.sub}</span>`
          : nothing}
      </div>`;
    };
    const shown = this.#shown();
    render(
      html`<label class="palette-in"
          >${icon("search", 18)}<input
            type="text"
            role="combobox"
            aria-expanded=${shown.length ? "true" : "false"}
            aria-controls="palette-list"
            aria-activedescendant=${shown.length ? `palette-${this.#cursor}` : nothing}
            aria-label=${t("搜索记录、表、页面、命令")}
            placeholder=${t("搜索记录、表、页面、命令")}
            autocomplete="off"
            @input=${(event: Event) => {
              this.#query = (event.target as HTMLInputElement).value;
              this.#eager = null;
              this.#searchSoon();
            }}
          /><kbd class="kbd">Esc</kbd></label
        >
        <div class="palette-list" id="palette-list" role=${shown.length ? "listbox" : "status"} aria-label=${t("结果")}>
          ${this.#failed ? html`<p class="menu-none">${t("搜索没有响应,稍后再试")}</p>` : nothing}
          ${shown.map((group) => html`<div class="menu-h" role="presentation">${group.title}</div>${group.items.map(row)}`)}
          ${!shown.length && !this.#failed && this.#query ? html`<p class="menu-none">${t("没有找到「{words}」", { words: this.#query })}</p>` : nothing}
        </div>
        <div class="palette-f"><span>↑↓ ${t("选择")}</span><span>↵ ${t("打开")}</span><span>Ctrl ↵ ${t("在新标签页打开")}</span></div>`,
      this.#dialog,
    );
  }
}

/** Open the palette, unless it is open. */
export function openPalette(): void {
  if (!document.querySelector("dialog.palette")) new Palette();
}
