/** What each type of field can be told: the small forms in the middle of the field panel. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { choose as select } from "../select/choose";
import type { FieldOptions } from "./field";

/** What a form asks of the panel it stands in. */
export interface OptionsHost {
  readonly options: FieldOptions;
  readonly locked: boolean;
  /** Change some options. */
  set(part: FieldOptions): void;
  /** The message for the option at `path` ("decimals", "segments.0.text"), or "". */
  problem(path: string): string;
}

/** A labelled control with its hint or its problem. */
export function optionRow(host: OptionsHost, path: string, label: string, control: TemplateResult, hint: TemplateResult | string = ""): TemplateResult {
  const problem = host.problem(path);
  return html`<div class="field" role="group" aria-label=${label}>
    <span class="lab">${label}</span>
    ${control} ${problem ? html`<p class="hint bad">${icon("circle-alert", 14)}${problem}</p>` : hint ? html`<p class="hint">${hint}</p>` : nothing}
  </div>`;
}

/** One of a few, side by side. */
export function segments(host: OptionsHost, label: string, value: string, options: [string, string][], set: (value: string) => void): TemplateResult {
  return html`<span class="seg" role="group" aria-label=${label}>
    ${options.map(([key, text]) => html`<button type="button" ?disabled=${host.locked} aria-pressed=${key === value ? "true" : "false"} @click=${() => set(key)}>${text}</button>`)}
  </span>`;
}

/** Yes or no, with a line on what it means. */
export function toggle(host: OptionsHost, label: string, on: boolean, set: (on: boolean) => void, hint = ""): TemplateResult {
  return html`<label class="opt-row">
    <input type="checkbox" class="sw" role="switch" ?disabled=${host.locked} .checked=${on} @change=${(event: Event) => {
      event.stopPropagation();
      set((event.target as HTMLInputElement).checked);
    }} />
    <span>${label}${hint ? html`<span class="hint">${hint}</span>` : nothing}</span>
  </label>`;
}

/** A line of text (or a number) to fill in. */
export function textInput(host: OptionsHost, path: string, label: string, value: string, set: (value: string) => void, more: { placeholder?: string; max?: number; numeric?: boolean } = {}): TemplateResult {
  return html`<input
    class="inp"
    name=${path}
    autocomplete="off"
    aria-label=${label}
    inputmode=${more.numeric ? "decimal" : nothing}
    maxlength=${more.max ?? 200}
    placeholder=${more.placeholder ?? nothing}
    aria-invalid=${host.problem(path) ? "true" : nothing}
    ?disabled=${host.locked}
    .value=${value}
    @change=${(event: Event) => event.stopPropagation()}
    @input=${(event: Event) => {
      event.stopPropagation();
      set((event.target as HTMLInputElement).value);
    }}
  />`;
}

/** A number somebody is typing: null for nothing, the text itself while it is no number yet (the server says so). */
export function typedNumber(text: string): number | null | string {
  const plain = text.trim();
  if (!plain) return null;
  const number = Number(plain);
  return Number.isFinite(number) ? number : plain;
}

function shown(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

function decimals(host: OptionsHost, most: number, example: (places: number) => string): TemplateResult {
  const places = Array.from({ length: most + 1 }, (_none, n) => ({ value: String(n), label: n ? t("{n} 位", { n }) : t("没有"), sub: example(n) }));
  return optionRow(host, "decimals", t("小数位"), select(host, t("小数位"), String(host.options.decimals ?? 0), places, (value) => host.set({ decimals: Number(value) })));
}

const digits = (n: number): string => (n ? `.${"1234567890".slice(0, n)}` : "");

export function numberForm(host: OptionsHost): TemplateResult {
  const { unit = "", thousands = false, minimum = null, maximum = null } = host.options;
  return html`<div class="fields2">
      ${decimals(host, 6, (n) => `12${digits(n)}`)}
      ${optionRow(host, "unit", t("单位"), textInput(host, "unit", t("单位"), unit, (value) => host.set({ unit: value }), { placeholder: t("如:件、公斤"), max: 20 }))}
      ${optionRow(host, "minimum", t("最小值"), textInput(host, "minimum", t("最小值"), shown(minimum), (value) => host.set({ minimum: typedNumber(value) as number }), { placeholder: t("不限"), numeric: true }))}
      ${optionRow(host, "maximum", t("最大值"), textInput(host, "maximum", t("最大值"), shown(maximum), (value) => host.set({ maximum: typedNumber(value) as number }), { placeholder: t("不限"), numeric: true }))}
    </div>
    ${toggle(host, t("千位分隔符"), thousands, (on) => host.set({ thousands: on }), "1,299")}`;
}

export function currencyForm(host: OptionsHost): TemplateResult {
  const known = ["CNY", "USD", "EUR", "GBP", "JPY", "HKD", "TWD", "KRW", "SGD", "AUD", "CAD", "THB", "MYR", "VND"];
  const current = host.options.currency ?? "CNY";
  const names = new Intl.DisplayNames([document.documentElement.lang || "zh-CN"], { type: "currency" });
  const options = [...new Set([current, ...known])].sort((a, b) => known.indexOf(a) - known.indexOf(b)).map((code) => ({ value: code, label: code, sub: nameOf(names, code) }));
  return html`<div class="fields2">
    ${optionRow(host, "currency", t("币种"), select(host, t("币种"), current, options, (value) => host.set({ currency: value })))}
    ${decimals(host, 4, (n) => `12${digits(n)}`)}
  </div>`;
}

function nameOf(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

export function percentForm(host: OptionsHost): TemplateResult {
  return decimals(host, 4, (n) => `12${digits(n)}%`);
}

export function textForm(host: OptionsHost): TemplateResult {
  const value = shown(host.options.max_length);
  return optionRow(
    host,
    "max_length",
    t("最多多少字"),
    textInput(host, "max_length", t("最多多少字"), value, (text) => host.set({ max_length: (typedNumber(text) ?? undefined) as number }), { numeric: true, placeholder: t("不限") }),
  );
}

/** Where numbers mostly are from; any other that is set already is offered as well. */
const countries = "CN HK MO TW US GB JP KR SG MY TH VN ID PH IN AU NZ CA DE FR IT ES NL BE CH AT SE DK NO FI PL PT IE RU UA TR SA AE IL EG ZA NG KE BR MX AR CL".split(" ");

export function phoneForm(host: OptionsHost): TemplateResult {
  const { format = "mainland" } = host.options;
  const country = (host.options.country as string | undefined) ?? "CN";
  const names = new Intl.DisplayNames([document.documentElement.lang || "zh-CN"], { type: "region" });
  const options = [...new Set([country, ...countries])].sort((a, b) => countries.indexOf(a) - countries.indexOf(b)).map((code) => ({ value: code, label: nameOf(names, code), sub: code }));
  return html`${optionRow(
      host,
      "format",
      t("格式"),
      segments(host, t("格式"), format, [["mainland", t("大陆手机号")], ["international", t("各国号码")]], (value) => host.set({ format: value })),
      format === "international" ? t("手机和固定电话都行,按各国的编号规则检查,显示成 +86 138 0571 6621") : t("11 位,以 13 到 19 开头"),
    )}
    ${format === "international"
      ? optionRow(host, "country", t("没写国家代码的号码算哪里的"), select(host, t("没写国家代码的号码算哪里的"), country, options, (value) => host.set({ country: value })), t("别的国家的号码要带 + 和国家代码"))
      : nothing}`;
}

export function datetimeForm(host: OptionsHost): TemplateResult {
  return toggle(host, t("显示到秒"), host.options.seconds ?? false, (on) => host.set({ seconds: on }));
}

