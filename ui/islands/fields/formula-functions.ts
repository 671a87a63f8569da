/** The functions of formulas: what the server tells of them, and the list to look them up in. */
import { html, nothing, type TemplateResult } from "lit";
import { api } from "../api";
import { icon } from "../icons";
import { t } from "../i18n";

export interface FunctionInfo {
  name: string;
  aliases: string[];
  family: string;
  signature: string;
  help: string;
  differs: string | null;
  examples: { expression: string; result: unknown }[];
}

let functionsAsked: Promise<FunctionInfo[]> | null = null;

/** All functions; asked for once. */
export function allFunctions(): Promise<FunctionInfo[]> {
  functionsAsked ??= api.get<{ functions: FunctionInfo[] }>("/api/v1/formula-functions").then(
    (answer) => answer.functions,
    (failure: unknown) => {
      functionsAsked = null;
      throw failure;
    },
  );
  return functionsAsked;
}

/** What an example gives, as a formula would write it. */
export function shownResult(result: unknown): string {
  if (typeof result === "boolean") return result ? "TRUE" : "FALSE";
  return result === null || result === "" ? t("空") : String(result);
}

export interface FunctionsHost {
  readonly functions: readonly FunctionInfo[];
  /** What is searched for. */
  readonly words: string;
  /** The function whose help is open. */
  shown: string | null;
  /** Put a name into the formula. */
  put(kind: "field" | "function", name: string): void;
}

/** The functions that fit what is searched for, by family. */
export function functionList(host: FunctionsHost): TemplateResult {
  const words = host.words.trim().toLowerCase();
  const found = host.functions.filter((one) => [one.name, ...one.aliases, one.help].some((text) => text.toLowerCase().includes(words)));
  const families = [...new Set(found.map((one) => one.family))];
  return html`${families.map(
    (family) =>
      html`<div class="menu-h">${family}</div>
        ${found.filter((one) => one.family === family).map((one) => entry(host, one))}`,
  )}${found.length ? nothing : html`<p class="hint">${t("没有符合的函数")}</p>`}`;
}

function entry(host: FunctionsHost, one: FunctionInfo): TemplateResult {
  const open = host.shown === one.name;
  return html`<div class="fx-fn ${open ? "open" : ""}">
    <div class="fx-fn-h">
      <button type="button" class="menu-i" @click=${() => host.put("function", one.name)}>
        ${icon("square-function")}<span class="grow cut"><b>${one.name}</b> <span class="fx-sig">${one.aliases[0] ?? ""}</span></span>
      </button>
      <button type="button" class="icb" aria-expanded=${open ? "true" : "false"} aria-label=${t("{name} 怎么用", { name: one.name })} @click=${() => (host.shown = open ? null : one.name)}>
        ${icon(open ? "chevron-up" : "chevron-down", 14)}
      </button>
    </div>
    ${open
      ? html`<div class="fx-help">
          <code>${one.signature}</code>
          <p>${one.help}</p>
          ${one.differs ? html`<p class="hint">${one.differs}</p>` : nothing}
          ${one.examples.map((example) => html`<p class="fx-case"><code>${example.expression}</code> → ${shownResult(example.result)}</p>`)}
        </div>`
      : nothing}
  </div>`;
}
