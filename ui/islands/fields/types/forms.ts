/** The settings of the types in this folder, for the middle of the field panel. */
import { html, nothing, type TemplateResult } from "lit";
import { kindName, kinds } from "../../files/file";
import { icon } from "../../icons";
import { t } from "../../i18n";
import { colorName, openColors } from "../colors";
import { optionRow, segments, textInput, toggle, typedNumber, type OptionsHost } from "../option-forms";
import { choose as select } from "../../select/choose";
import type { HbTreeEdit } from "../hb-tree-edit";
import { writtenDuration } from "./duration";
import { ratingIcons } from "./rating";

/** A colour to choose from the twelve. */
function colorRow(host: OptionsHost): TemplateResult {
  const color = String(host.options.color ?? "blue");
  return optionRow(
    host,
    "color",
    t("颜色"),
    html`<button type="button" class="btn s ft-color" ?disabled=${host.locked} aria-label=${t("颜色:{name}", { name: colorName(color) })} @click=${(event: Event) => openColors(event.currentTarget as HTMLElement, color, (next) => host.set({ color: next }))}>
      <span class="fe-dot c-${color}"></span>${colorName(color)}
    </button>`,
  );
}

function ratingForm(host: OptionsHost): TemplateResult {
  const maximum = Number(host.options.maximum ?? 5);
  const shape = String(host.options.icon ?? "star");
  const names: Record<string, string> = { star: t("星"), heart: t("心"), "thumbs-up": t("赞"), flame: t("火"), flag: t("旗") };
  return html`<div class="fields2">
      ${optionRow(host, "maximum", t("最高分"), select(host, t("最高分"), String(maximum), Array.from({ length: 10 }, (_none, n) => ({ value: String(n + 1), label: String(n + 1) })), (value) => host.set({ maximum: Number(value) })))}
      ${colorRow(host)}
    </div>
    ${optionRow(
      host,
      "icon",
      t("图标"),
      html`<span class="seg" role="group" aria-label=${t("图标")}>
        ${ratingIcons.map((name) => html`<button type="button" ?disabled=${host.locked} aria-pressed=${name === shape ? "true" : "false"} aria-label=${names[name] ?? name} data-tip=${names[name] ?? name} @click=${() => host.set({ icon: name })}>${icon(name, 16)}</button>`)}
      </span>`,
    )}`;
}

function progressForm(host: OptionsHost): TemplateResult {
  const { start = 0, end = 100, decimals = 0 } = host.options;
  const number = (path: string, label: string, value: unknown) => optionRow(host, path, label, textInput(host, path, label, value === null || value === undefined ? "" : String(value), (text) => host.set({ [path]: typedNumber(text) ?? 0 }), { numeric: true }));
  return html`<div class="fields2">
      ${number("start", t("起点"), start)} ${number("end", t("终点"), end)}
      ${optionRow(host, "decimals", t("小数位"), select(host, t("小数位"), String(decimals), [0, 1, 2].map((n) => ({ value: String(n), label: n ? t("{n} 位", { n }) : t("没有") })), (value) => host.set({ decimals: Number(value) })))}
      ${colorRow(host)}
    </div>
    <p class="hint">${t("0 到 100 时显示成百分比;别的范围显示数值,进度条按起点和终点算")}</p>`;
}

function durationForm(host: OptionsHost): TemplateResult {
  const format = String(host.options.format ?? "h:mm");
  return optionRow(
    host,
    "format",
    t("格式"),
    segments(host, t("格式"), format, [["h:mm", "1:30"], ["h:mm:ss", "1:30:00"], ["words", writtenDuration(5400, "words")]], (value) => host.set({ format: value })),
    format === "h:mm:ss" ? t("可填 1:30(1 小时 30 分)、90m、1小时30分;只填数字按秒算") : t("可填 1:30(1 小时 30 分)、90m、1小时30分;只填数字按分钟算"),
  );
}

function codeForm(host: OptionsHost): TemplateResult {
  const format = String(host.options.format ?? "qr");
  const hints: Record<string, string> = { qr: t("任何文字或网址,最多 1000 字"), code128: t("英文、数字和半角符号,最多 80 个"), ean13: t("13 位商品条码,最后一位校验码可以不填") };
  return optionRow(host, "format", t("码的样式"), segments(host, t("码的样式"), format, [["qr", t("二维码")], ["code128", "Code 128"], ["ean13", "EAN-13"]], (value) => host.set({ format: value })), hints[format] ?? "");
}

function longTextForm(host: OptionsHost): TemplateResult {
  return toggle(host, t("用 Markdown 排版"), host.options.markdown === true, (on) => host.set({ markdown: on }), t("加粗、标题、列表、链接;存的还是文字,不执行网页代码"));
}

function cascadeForm(host: OptionsHost): TemplateResult {
  return html`${optionRow(
      host,
      "tree",
      t("选项"),
      html`<hb-tree-edit ?disabled=${host.locked} .value=${host.options.tree ?? []} @change=${(event: Event) => {
        event.stopPropagation();
        host.set({ tree: (event.currentTarget as HbTreeEdit).value });
      }}></hb-tree-edit>`,
      t("一行一个,缩进表示级别;可以从 Excel 粘贴 服装/上衣/衬衫"),
    )}
    ${toggle(host, t("可以选中间级"), host.options.any_level === true, (on) => host.set({ any_level: on }), t("不勾就要选到最后一级"))}`;
}

function locationForm(host: OptionsHost): TemplateResult {
  return toggle(host, t("要填详细地址"), host.options.detail !== false, (on) => host.set({ detail: on }), t("不勾就只选到省市区"));
}

function memberForm(host: OptionsHost): TemplateResult {
  return toggle(host, t("可以选多个人"), host.options.many === true, (on) => host.set({ many: on }), t("改名后所有记录跟着变;离开的人留在记录里,不能再选"));
}

function attachmentForm(host: OptionsHost): TemplateResult {
  const chosen = (host.options.kinds as string[] | undefined) ?? [];
  const mode = !chosen.length ? "any" : chosen.length === 1 && chosen[0] === "image" ? "images" : "some";
  const choose = (next: string) => host.set({ kinds: next === "any" ? [] : next === "images" ? ["image"] : ["image", "pdf"] });
  const toggled = (kind: string, on: boolean) => host.set({ kinds: kinds.filter((one) => (one === kind ? on : chosen.includes(one))) });
  const number = (path: string, label: string, value: unknown, hint: string, empty: number | null) =>
    optionRow(host, path, label, textInput(host, path, label, value === null || value === undefined ? "" : String(value), (text) => host.set({ [path]: text.trim() ? (typedNumber(text) ?? empty) : empty }), { numeric: true }), hint);
  return html`${optionRow(host, "kinds", t("收什么文件"), segments(host, t("收什么文件"), mode, [["any", t("任何文件")], ["images", t("只要图片")], ["some", t("指定种类")]], choose), mode === "any" ? "" : t("看内容判断,改扩展名没有用"))}
    ${mode === "some" ? html`<div class="at-kinds">${kinds.map((kind) => html`<label class="opt-row"><input type="checkbox" class="ck" ?disabled=${host.locked} .checked=${chosen.includes(kind)} @change=${(event: Event) => {
      event.stopPropagation();
      toggled(kind, (event.target as HTMLInputElement).checked);
    }} /><span>${kindName(kind)}</span></label>`)}</div>` : ""}
    <div class="fields2">
      ${number("max_files", t("最多几个文件"), host.options.max_files ?? 100, "", 100)} ${number("max_size_mb", t("单个文件上限(MB)"), host.options.max_size_mb, t("不填就按服务器的上限"), null)}
    </div>`;
}

const forms: Record<string, (host: OptionsHost) => TemplateResult> = { rating: ratingForm, progress: progressForm, duration: durationForm, barcode: codeForm, long_text: longTextForm, location: locationForm, attachment: attachmentForm, cascade: cascadeForm, member: memberForm };

/** The form of a type's settings; nothing for types that have none here. */
export function typeForm(type: string, host: OptionsHost): TemplateResult | typeof nothing {
  return forms[type]?.(host) ?? nothing;
}
