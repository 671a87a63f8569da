/** Addresses: a region chosen in columns and the rest typed, or all of it pasted and taken apart by the server. */
import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { icon } from "../../icons";
import { t } from "../../i18n";
import type { ControlOptions } from "../../record/control";
import type { Field, Value } from "../field";
import { divisions } from "../divisions";
import { along, type HbLevels } from "../hb-levels";
import type { TypeUi } from "./ui";

export interface Address {
  code: string;
  province: string;
  city: string;
  district: string;
  detail: string;
}

const unspoken = new Set(["省直辖县", "自治区直辖县级行政区划", "县"]);
const empty: Address = { code: "", province: "", city: "", district: "", detail: "" };

function isAddress(value: Value): value is Address {
  return typeof value === "object" && value !== null && "detail" in value;
}

/** The region in one piece; the name of a municipality is said once. */
export function regionText(value: Value): string {
  if (!isAddress(value)) return "";
  const city = value.city === value.province || unspoken.has(value.city) ? "" : value.city;
  return value.province + city + value.district;
}

function text(_field: Field, value: Value): string {
  return isAddress(value) ? regionText(value) + value.detail : String(value);
}

/** The ids from the root that lead to a code: 330106 lies in 330100, and that in 330000. */
export function pathOf(value: Value): string[] {
  if (!isAddress(value) || !value.code) return [];
  const { code } = value;
  return [...new Set([`${code.slice(0, 2)}0000`, `${code.slice(0, 4)}00`, code])].slice(0, value.district ? 3 : value.city ? 2 : 1);
}

function control(field: Field, options: ControlOptions): TemplateResult {
  const before: Address = isAddress(options.value) ? options.value : { ...empty, detail: typeof options.value === "string" ? options.value : "" };
  let now = before;
  let done = false;
  const read = (box: Element): Value => {
    const detail = box.querySelector<HTMLTextAreaElement>("textarea")?.value.trim() ?? "";
    if (!now.code) return detail || null;
    return { ...now, detail };
  };
  const take = (box: Element) => {
    if (done && options.immediate) return;
    done = true;
    const next = read(box);
    if (JSON.stringify(next) === JSON.stringify(options.value ?? null) && !options.invalid) options.cancel();
    else options.commit(next);
  };
  const box = (event: Event) => (event.target as Element).closest(".ft-loc")!;
  const show = (own: Element, open: boolean) => {
    const levels = own.querySelector<HbLevels>("hb-levels")!;
    levels.hidden = !open;
    own.querySelector(".ft-loc-region")!.setAttribute("aria-expanded", String(open));
    if (open) levels.begin?.();
  };
  const name = (own: Element) => {
    const label = own.querySelector(".ft-loc-region > .grow")!;
    label.textContent = regionText(now) || t("选择省市区");
    label.classList.toggle("f3", !now.code);
    own.querySelector<HTMLElement>(".ft-loc-clear")!.hidden = !now.code;
  };
  const chosen = async (event: Event) => {
    event.stopPropagation();
    const levels = event.currentTarget as HbLevels;
    const own = box(event);
    const path = along(await divisions(), levels.value);
    const [province, city, district] = path.map((node) => node.name);
    now = { ...now, code: path.at(-1)?.id ?? "", province: province ?? "", city: city ?? "", district: district ?? "" };
    name(own);
    if (path.at(-1)?.children?.length) return; // a smaller place may follow
    show(own, false);
    const area = own.querySelector("textarea");
    if (area) area.focus();
    else own.querySelector<HTMLElement>(".ft-loc-region")?.focus();
    if (!options.immediate) options.commit(read(own));
  };
  const clear = (event: Event) => {
    const own = box(event);
    now = { ...empty, detail: now.detail };
    own.querySelector<HbLevels>("hb-levels")!.value = [];
    name(own);
    if (!options.immediate) options.commit(read(own));
  };
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing || !options.immediate) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      done = true;
      options.cancel();
    } else if (event.key === "Enter" && event.target instanceof HTMLTextAreaElement) {
      event.preventDefault();
      event.stopPropagation();
      take(box(event));
    }
  };
  const begin = (element: Element | undefined) => {
    if (!(element instanceof HTMLElement) || element.dataset.begun) return;
    element.dataset.begun = "1";
    if (!options.immediate) return;
    queueMicrotask(() => {
      const area = element.querySelector("textarea");
      if (before.code || !area) show(element, !area);
      (area ?? element.querySelector<HTMLElement>(".ft-loc-region"))?.focus();
    });
  };
  return html`<div class="ft-loc" ${ref(begin)} @keydown=${keys} @focusout=${(event: FocusEvent) => {
    const own = event.currentTarget as HTMLElement;
    // A column that is drawn anew loses the focus for a moment: ask again when that has settled.
    if (options.immediate && !own.contains(event.relatedTarget as Node | null)) setTimeout(() => own.isConnected && !own.contains(document.activeElement) && document.hasFocus() && take(own), 80);
  }}>
    <div class="ft-loc-head">
      <button type="button" class="inp s ft-loc-region" id=${options.id} aria-label=${t("{name}的省市区", { name: field.name })} aria-expanded="false" @click=${(event: Event) => show(box(event), box(event).querySelector<HbLevels>("hb-levels")!.hidden !== false)}>
        ${icon("map-pin", 14)}<span class="grow cut ${before.code ? "" : "f3"}">${regionText(before) || t("选择省市区")}</span>${icon("chevron-down", 14)}
      </button>
      <button type="button" class="icb ft-loc-clear" ?hidden=${!before.code} aria-label=${t("清空省市区")} @click=${clear}>${icon("x", 14)}</button>
    </div>
    <hb-levels hidden label=${t("省市区")} any .source=${divisions} .value=${pathOf(before)} @change=${(event: Event) => void chosen(event)}></hb-levels>
    ${field.options.detail === false
      ? nothing
      : html`<textarea class="inp" name=${field.id} rows="2" maxlength="600" autocomplete="off" aria-label=${t("{name}的详细地址", { name: field.name })} aria-invalid=${options.invalid ? "true" : nothing} placeholder=${t("详细地址,也可以整段粘贴")} .value=${before.detail} @change=${(event: Event) => {
          event.stopPropagation();
          if (!options.immediate) take(box(event));
        }}></textarea>`}
  </div>`;
}

export const location: TypeUi = {
  icon: "map-pin",
  width: 220,
  typed: true,
  wide: true,
  operators: ["within", "not_within", "contains", "not_contains", "is_empty", "is_not_empty"],
  valueKind: () => "text",
  text,
  editText: text as (field: Field, value: Value) => string,
  template: (_field, value) => html`<span class="rc-text">${isAddress(value) && value.code ? html`${regionText(value)} <span class="ft-loc-detail">${value.detail}</span>` : text(_field, value)}</span>`,
  control,
  room: { width: 340, height: 130 },
  start: { detail: true },
  settings: ["detail"],
};
