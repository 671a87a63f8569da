/** Attachments: small pictures and icons in a cell; in panels and forms the control that takes files (`hb-attachments`). */
import { html, type TemplateResult } from "lit";
import { fileIcon, filesOf, type FileValue } from "../../files/file";
import { iconElement } from "../../icons";
import { t } from "../../i18n";
import type { ControlOptions } from "../../record/control";
import type { Field, Value } from "../field";
import type { TypeUi } from "./ui";

const gap = 8;
/** How large they are in taller rows (field-types.css); measuring each cell would slow the grid down. */
const sides: Record<string, number> = { "48px": 36, "72px": 56 };

/** Look at the files of a cell. */
export async function preview(files: readonly FileValue[], index: number): Promise<void> {
  const { openPreview } = await import("../../files/preview");
  openPreview(files, index);
}

function opener(files: readonly FileValue[], index: number): HTMLElement {
  const file = files[index]!;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ft-file";
  button.tabIndex = -1;
  button.title = file.name;
  button.setAttribute("aria-label", t("看「{value}」", { value: file.name }));
  for (const kind of ["pointerdown", "mousedown", "dblclick"]) button.addEventListener(kind, (event) => event.stopPropagation());
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    void preview(files, index);
  });
  if (file.thumbnail_url) {
    const picture = document.createElement("img");
    picture.src = file.thumbnail_url;
    picture.alt = "";
    picture.loading = "lazy";
    picture.decoding = "async";
    picture.draggable = false;
    button.append(picture);
  } else button.append(iconElement(fileIcon(file.type), 16));
  return button;
}

function cell(box: HTMLElement, _field: Field, value: Value, width: number): void {
  const files = filesOf(value);
  const side = sides[(box.closest<HTMLElement>(".g-wrap") ?? document.querySelector<HTMLElement>(".g-wrap"))?.style.getPropertyValue("--g-row") ?? ""] ?? 24;
  const fits = Math.max(1, Math.floor((width - (files.length * (side + gap) > width ? 30 : 0)) / (side + gap)));
  box.append(...files.slice(0, fits).map((_file, index) => opener(files, index)));
  const rest = files.length - fits;
  if (rest > 0) {
    const more = document.createElement("span");
    more.className = "chip more";
    more.textContent = `+${rest}`;
    box.append(more);
  } else if (files.length === 1) {
    const name = document.createElement("span");
    name.className = "cut";
    name.textContent = files[0]!.name;
    box.append(name);
  }
}

function template(_field: Field, value: Value, small?: boolean): TemplateResult {
  const files = filesOf(value);
  if (!small) return html`<hb-attachments readonly .field=${_field} .value=${files}></hb-attachments>`;
  return html`<span class="ft-files">${files.slice(0, 4).map((file) => (file.thumbnail_url ? html`<span class="ft-file"><img src=${file.thumbnail_url} alt=${file.name} loading="lazy" /></span>` : html`<span class="cut">${file.name}</span>`))}${files.length > 4 ? html`<span class="chip more">+${files.length - 4}</span>` : ""}</span>`;
}

function control(field: Field, options: ControlOptions): TemplateResult {
  return html`<hb-attachments
    id=${options.id}
    .field=${field}
    .value=${filesOf(options.value)}
    .record=${options.record ?? ""}
    ?invalid=${options.invalid ?? false}
    ?focused=${options.immediate ?? false}
    @change=${(event: CustomEvent<FileValue[]>) => {
      event.stopPropagation();
      const value = event.detail.length ? event.detail : null;
      (options.keep ?? options.commit)(value);
    }}
    @hb:leave=${(event: Event) => {
      event.stopPropagation();
      options.cancel();
    }}
  ></hb-attachments>`;
}

const numbers = new Set(["eq", "ne", "gt", "ge", "lt", "le"]);
const text = (_field: Field, value: Value): string => filesOf(value).map((file) => file.name).join(", ");

export const attachment: TypeUi = {
  icon: "paperclip",
  width: 200,
  wide: true,
  files: true,
  operators: ["contains", "not_contains", "is_empty", "is_not_empty", "ge", "le", "eq", "ne", "gt", "lt"],
  valueKind: (op) => (numbers.has(op) ? "number" : "text"),
  operatorLabel: (op, label) => (numbers.has(op) ? t("文件数{op}", { op: label }) : op.endsWith("contains") ? t("文件名{op}", { op: label }) : label),
  text,
  copy: (_field, value) => filesOf(value).map((file) => `${file.name} (${location.origin}${file.url})`).join("\n"),
  cell,
  template,
  control,
  room: { width: 340, height: 120 },
  start: { kinds: [], max_files: 100, max_size_mb: null },
  settings: ["kinds", "max_files", "max_size_mb"],
  cannotBePrimary: true,
};
