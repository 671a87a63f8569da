/**
 * `<hb-levels>`: choosing from a tree, a column for each level, with a search over all of it. Set `.tree` (or `.source`,
 * which fetches it), `.value` (ids from the root), `any` where a branch may be chosen as well as a leaf. Sends `change`;
 * `.value` is the path. Arrow keys go through it, Enter chooses.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { define, HbElement } from "../base";
import { showError } from "../api";
import { icon } from "../icons";
import { t } from "../i18n";

export interface Level {
  id: string;
  name: string;
  children?: Level[];
}

/** Every node of a tree that may be chosen, with its path, in order. */
export function pathsOf(tree: readonly Level[], any: boolean, before: readonly Level[] = []): Level[][] {
  return tree.flatMap((node) => {
    const path = [...before, node];
    const below = pathsOf(node.children ?? [], any, path);
    return any || !node.children?.length ? [path, ...below] : below;
  });
}

/** The nodes along a path of ids, as far as they exist. */
export function along(tree: readonly Level[], ids: readonly string[]): Level[] {
  const found: Level[] = [];
  let level: readonly Level[] = tree;
  for (const id of ids) {
    const node = level.find((one) => one.id === id);
    if (!node) break;
    found.push(node);
    level = node.children ?? [];
  }
  return found;
}

/** The first paths whose names hold all words. */
export function searched(tree: readonly Level[], words: string, any: boolean, most = 30): Level[][] {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return pathsOf(tree, any)
    .filter((path) => {
      const text = path.map((node) => node.name).join(" ").toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .slice(0, most);
}

export class HbLevels extends HbElement {
  static override properties = { tree: { attribute: false }, source: { attribute: false }, value: { attribute: false }, any: { type: Boolean }, label: { type: String }, words: { state: true }, open: { state: true } };

  declare tree: readonly Level[];
  declare source: (() => Promise<readonly Level[]>) | null;
  declare value: readonly string[];
  declare any: boolean;
  declare label: string;
  declare private words: string;
  /** The branch whose columns are open: ids from the root. */
  declare private open: readonly string[];

  constructor() {
    super();
    this.tree = [];
    this.source = null;
    this.value = [];
    this.any = false;
    this.label = "";
    this.words = "";
    this.open = [];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("value")) this.open = this.value;
    if (changed.has("source") && this.source) {
      this.source().then(
        (tree) => (this.tree = tree),
        (failure: unknown) => showError(failure),
      );
    }
  }

  #choose(path: readonly Level[]): void {
    this.value = path.map((node) => node.id);
    this.words = "";
    this.emit("change");
  }

  #pick(path: readonly Level[]): void {
    const leaf = !path.at(-1)!.children?.length;
    this.open = path.map((node) => node.id);
    if (leaf || this.any) this.#choose(path);
  }

  /** Put the focus on what is chosen, or on the search. */
  begin(): void {
    void this.updateComplete.then(() => {
      this.#reveal();
      (this.querySelector<HTMLElement>('[aria-selected="true"]') ?? this.querySelector<HTMLElement>("input"))?.focus({ preventScroll: true });
    });
  }

  /** Scroll every column to what is open in it, and to the last column. */
  #reveal(): void {
    for (const item of this.querySelectorAll<HTMLElement>('[data-open="true"]')) item.parentElement!.scrollTop = Math.max(0, item.offsetTop - item.parentElement!.offsetTop - 60);
    const columns = this.querySelector(".lv-cs");
    if (columns) columns.scrollLeft = columns.scrollWidth;
  }

  readonly #keys = (event: KeyboardEvent) => {
    const items = [...this.querySelectorAll<HTMLElement>(".lv-i")];
    const now = document.activeElement as HTMLElement;
    const column = now.closest<HTMLElement>(".lv-c");
    const own = column ? [...column.querySelectorAll<HTMLElement>(".lv-i")] : [];
    const at = own.indexOf(now);
    let next: HTMLElement | undefined;
    if (event.key === "ArrowDown") next = column ? own[at + 1] : items[0];
    else if (event.key === "ArrowUp") next = at === 0 ? (this.querySelector("input") ?? undefined) : own[at - 1];
    else if (event.key === "ArrowRight" && column) {
      event.preventDefault();
      const index = [...this.querySelectorAll(".lv-c")].indexOf(column);
      this.open = (now.dataset.path ?? "").split("/");
      void this.updateComplete.then(() => this.querySelectorAll(".lv-c")[index + 1]?.querySelector<HTMLElement>(".lv-i")?.focus());
      return;
    } else if (event.key === "ArrowLeft" && column) next = column.previousElementSibling?.querySelector<HTMLElement>('[data-open="true"]') ?? undefined;
    else if (event.key === "Enter" && now instanceof HTMLInputElement && !event.isComposing && this.words.trim()) {
      event.preventDefault();
      event.stopPropagation();
      items[0]?.click();
      return;
    }
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  #column(nodes: readonly Level[], before: readonly Level[]): TemplateResult {
    return html`<div class="lv-c" role="listbox" aria-label=${before.at(-1)?.name ?? this.label}>
      ${nodes.map((node) => {
        const path = [...before, node];
        const ids = path.map((one) => one.id);
        const opened = this.open[before.length] === node.id;
        return html`<button type="button" class="lv-i" role="option" data-path=${ids.join("/")} data-open=${String(opened)} aria-selected=${String(this.value.length === ids.length && ids.every((id, n) => this.value[n] === id))} @click=${() => this.#pick(path)}>
          <span class="grow">${node.name}</span>${node.children?.length ? icon("chevron-right", 14) : nothing}
        </button>`;
      })}
    </div>`;
  }

  #columns(): TemplateResult {
    const opened = along(this.tree, this.open);
    const columns = [this.#column(this.tree, [])];
    opened.forEach((node, n) => {
      if (node.children?.length) columns.push(this.#column(node.children, opened.slice(0, n + 1)));
    });
    return html`<div class="lv-cs">${columns}</div>`;
  }

  #found(): TemplateResult {
    const found = searched(this.tree, this.words, this.any);
    return html`<div class="lv-cs"><div class="lv-c wide" role="listbox" aria-label=${t("找到的")}>
      ${found.map((path) => html`<button type="button" class="lv-i" role="option" aria-selected="false" @click=${() => this.#choose(path)}>${path.map((node) => node.name).join(" / ")}</button>`)}
      ${found.length ? nothing : html`<p class="hint lv-none">${t("没有找到")}</p>`}
    </div></div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("open") || changed.has("tree")) this.#reveal();
  }

  protected override render(): TemplateResult {
    return html`<div class="lv" @keydown=${this.#keys}>
      <label class="inp s menu-find">${icon("search", 14)}<input type="search" autocomplete="off" aria-label=${t("搜索")} placeholder=${t("搜索")} .value=${this.words} @change=${(event: Event) => event.stopPropagation()} @input=${(event: Event) => (this.words = (event.target as HTMLInputElement).value)} /></label>
      ${!this.tree.length ? html`<p class="hint lv-none">${this.source ? t("正在读取…") : t("还没有选项")}</p>` : this.words.trim() ? this.#found() : this.#columns()}
    </div>`;
  }
}

define("hb-levels", HbLevels);
