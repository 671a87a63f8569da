/** How the file is read: its sheet, and the row that holds the names of the columns. */
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import "../select/hb-select";
import type { HbSelect } from "../select/hb-select";
import type { Preview } from "./types";

export interface ReadingOptions {
  preview: Preview;
  /** The rows are shown for choosing the header. */
  open: boolean;
  toggle(): void;
  chooseSheet(sheet: string): void;
  chooseEncoding(encoding: string): void;
  /** null: there is no header row. */
  chooseHeader(row: number | null): void;
}

export function sheetTemplate(options: ReadingOptions): TemplateResult | typeof nothing {
  const { preview } = options;
  if (preview.sheets.length < 2) return nothing;
  return html`<div class="field">
    <div class="lab">${t("工作表")}</div>
    <hb-select .label=${t("工作表")} .options=${preview.sheets.map((name) => ({ value: name, label: name, icon: "sheet" }))} .value=${preview.sheet}
      @change=${(event: Event) => options.chooseSheet((event.target as HbSelect).value as string)}></hb-select>
  </div>`;
}

const encodings: readonly [string, string][] = [
  ["utf-8", "UTF-8"],
  ["gb18030", "GBK / GB18030"],
  ["big5", "Big5"],
  ["utf-16", "UTF-16"],
  ["shift_jis", "Shift_JIS"],
  ["cp1252", "Windows-1252"],
];

/** How a text file is decoded; workbooks say it themselves. */
export function encodingTemplate(options: ReadingOptions): TemplateResult | typeof nothing {
  const { encoding } = options.preview;
  if (!encoding) return nothing;
  const value = encoding === "utf-8-sig" ? "utf-8" : encoding;
  const choices = encodings.map(([name, label]) => ({ value: name, label }));
  if (!encodings.some(([name]) => name === value)) choices.push({ value, label: value.toUpperCase() });
  return html`<div class="field">
    <div class="lab">${t("编码")}</div>
    <hb-select .label=${t("编码")} .options=${choices} .value=${value} @change=${(event: Event) => options.chooseEncoding((event.target as HbSelect).value as string)}></hb-select>
  </div>`;
}

export function headerTemplate(options: ReadingOptions): TemplateResult {
  const { preview, open } = options;
  const said = preview.header_row === null ? t("没有表头") : t("第 {n} 行", { n: preview.header_row });
  return html`<div class="field">
    <div class="lab">${t("表头")}</div>
    <button type="button" class="inp im-header-btn" aria-expanded=${String(open)} aria-controls="im-top" @click=${() => options.toggle()}>
      ${icon("table-properties", 16)}<span class="grow cut">${said}</span><span class="link t13">${open ? t("收起") : t("看前几行")}</span>
    </button>
  </div>`;
}

/** The first rows of the file; clicking one makes it the header. */
export function topTemplate(options: ReadingOptions): TemplateResult | typeof nothing {
  const { preview } = options;
  if (!options.open) return nothing;
  return html`<div class="im-top" id="im-top">
    <div class="row"><span class="t13 f2 grow">${t("点一行,把它当作列名")}</span>
      <label class="im-check"><input class="ck" type="checkbox" .checked=${preview.header_row === null}
        @change=${(event: Event) => options.chooseHeader((event.target as HTMLInputElement).checked ? null : (preview.top[0]?.[0] ?? 1))} />${t("没有表头,第一行就是数据")}</label></div>
    <div class="scroll-x"><table class="tbl im-top-t"><tbody>
      ${preview.top.map(([number, cells]) => {
        const header = number === preview.header_row;
        return html`<tr class=${header ? "on" : number < (preview.header_row ?? 0) ? "before" : ""}>
          <th scope="row"><button type="button" aria-pressed=${String(header)} aria-label=${t("第 {n} 行是表头", { n: number })} @click=${() => options.chooseHeader(number)}>${number}</button></th>
          ${cells.slice(0, 30).map((cell) => html`<td @click=${() => options.chooseHeader(number)}><span class="cut" title=${cell}>${cell}</span></td>`)}
        </tr>`;
      })}
    </tbody></table></div>
  </div>`;
}
