/** Files looked at over the page: pictures that can be made larger, PDF, text, film and sound; others are offered for saving. */
import "../../styles/files.css";
import { html, nothing, render, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { downloadUrl, fileIcon, fileSize, largeThumbnail, lookOf, type FileValue } from "./file";

const mostZoom = 8;
const mostText = 200_000;
const swipe = 60;

class Preview {
  readonly #dialog = document.createElement("dialog");
  #index: number;
  #zoom = 1;
  #shift = { x: 0, y: 0 };
  #points = new Map<number, { x: number; y: number }>();
  #began: { x: number; y: number; distance: number; zoom: number } | null = null;

  constructor(
    private readonly files: readonly FileValue[],
    index: number,
  ) {
    this.#index = index;
    const dialog = this.#dialog;
    dialog.className = "fp";
    dialog.dataset.theme = "dark"; // pictures are looked at in the dark
    dialog.setAttribute("aria-label", t("预览"));
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.matches(".fp-stage")) dialog.close();
    });
    const back = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    dialog.addEventListener("close", () => {
      dialog.remove();
      back?.isConnected && back.focus({ preventScroll: true });
    });
    document.body.append(dialog);
    this.#draw();
    dialog.showModal();
    dialog.querySelector<HTMLElement>(".fp-stage")?.focus();
  }

  get #file(): FileValue {
    return this.files[this.#index]!;
  }

  #go(by: number): void {
    const next = this.#index + by;
    if (next < 0 || next >= this.files.length) return;
    this.#index = next;
    this.#zoom = 1;
    this.#shift = { x: 0, y: 0 };
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const runs: Record<string, () => void> = {
      ArrowLeft: () => this.#go(-1),
      ArrowRight: () => this.#go(1),
      Home: () => this.#go(-this.#index),
      End: () => this.#go(this.files.length - 1 - this.#index),
      "+": () => this.#enlarge(1.5),
      "=": () => this.#enlarge(1.5),
      "-": () => this.#enlarge(1 / 1.5),
      "0": () => this.#enlarge(0),
    };
    const run = runs[event.key];
    if (!run || (event.target instanceof HTMLMediaElement && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    run();
  }

  /** Times `factor`; 0 for the size that fits. */
  #enlarge(factor: number): void {
    if (lookOf(this.#file) !== "image") return;
    this.#zoom = factor === 0 ? 1 : Math.min(mostZoom, Math.max(1, this.#zoom * factor));
    if (this.#zoom === 1) this.#shift = { x: 0, y: 0 };
    this.#draw();
  }

  #draw(): void {
    const file = this.#file;
    const several = this.files.length > 1;
    const image = lookOf(file) === "image";
    render(
      html`<header class="fp-h">
          ${icon(fileIcon(file.type), 18)}<b class="cut" title=${file.name}>${file.name}</b>
          <span class="fp-about">${several ? html`<span aria-live="polite">${this.#index + 1} / ${this.files.length}</span> · ` : nothing}${fileSize(file.size)}${file.width ? html`<span class="fp-pixels"> · ${file.width} × ${file.height}</span>` : nothing}</span>
          <span class="fp-tools">
            ${image
              ? html`<button type="button" class="icb" aria-label=${t("缩小")} data-tip=${t("缩小")} ?disabled=${this.#zoom <= 1} @click=${() => this.#enlarge(1 / 1.5)}>${icon("zoom-out")}</button>
                  <button type="button" class="icb" aria-label=${t("放大")} data-tip=${t("放大")} ?disabled=${this.#zoom >= mostZoom} @click=${() => this.#enlarge(1.5)}>${icon("zoom-in")}</button>`
              : nothing}
            <a class="icb" href=${downloadUrl(file)} download=${file.name} aria-label=${t("下载")} data-tip=${t("下载")}>${icon("download")}</a>
            <button type="button" class="icb" aria-label=${t("关闭")} data-tip="Esc" @click=${() => this.#dialog.close()}>${icon("x")}</button>
          </span>
        </header>
        <div
          class="fp-stage"
          tabindex="-1"
          @pointerdown=${(event: PointerEvent) => this.#down(event)}
          @pointermove=${(event: PointerEvent) => this.#move(event)}
          @pointerup=${(event: PointerEvent) => this.#up(event)}
          @pointercancel=${(event: PointerEvent) => this.#forget(event)}
          @wheel=${(event: WheelEvent) => this.#wheel(event)}
        >
          ${this.#content(file)}
        </div>
        ${several
          ? html`<button type="button" class="fp-step prev" aria-label=${t("上一个文件")} ?disabled=${this.#index === 0} @click=${() => this.#go(-1)}>${icon("chevron-left", 24)}</button>
              <button type="button" class="fp-step next" aria-label=${t("下一个文件")} ?disabled=${this.#index === this.files.length - 1} @click=${() => this.#go(1)}>${icon("chevron-right", 24)}</button>`
          : nothing}`,
      this.#dialog,
    );
  }

  #content(file: FileValue): TemplateResult {
    const look = lookOf(file);
    // a new element for each file: what is left of the one before must not show through
    const own = (content: TemplateResult) => html`${[file.id].map(() => content)}`;
    if (look === "image") {
      const style = `transform: translate(${this.#shift.x}px, ${this.#shift.y}px) scale(${this.#zoom}); ${file.thumbnail_url ? `background-image: url("${largeThumbnail(file)}");` : ""}`;
      return own(html`<img class=${this.#zoom > 1 ? "large" : ""} src=${file.url} alt=${file.name} width=${file.width ?? nothing} height=${file.height ?? nothing} draggable="false" style=${style} @dblclick=${() => this.#enlarge(this.#zoom > 1 ? 0 : 2.5)} />`);
    }
    if (look === "pdf" && navigator.pdfViewerEnabled) return own(html`<iframe src=${file.url} title=${file.name}></iframe>`);
    if (look === "video") return own(html`<video src=${file.url} controls playsinline preload="metadata"></video>`);
    if (look === "audio") return own(html`<audio src=${file.url} controls preload="metadata"></audio>`);
    if (look === "text") {
      const box = document.createElement("pre");
      box.tabIndex = 0;
      box.textContent = t("正在打开");
      if (this.#text?.id !== file.id) {
        this.#text = { id: file.id, box };
        void read(file, box);
      }
      return html`${this.#text.box}`;
    }
    return html`<div class="fp-none">
      ${icon(fileIcon(file.type), 40)}
      <p>${look === "pdf" ? t("这个浏览器不能在页面里看 PDF") : t("这种文件不能在页面里看")}</p>
      <a class="btn p" href=${downloadUrl(file)} download=${file.name}>${icon("download")}${t("下载")}</a>
    </div>`;
  }

  #text: { id: string; box: HTMLElement } | null = null;

  /* ---- fingers and mouse ---- */

  #distance(): number {
    const [one, two] = [...this.#points.values()];
    return one && two ? Math.hypot(one.x - two.x, one.y - two.y) : 0;
  }

  #down(event: PointerEvent): void {
    if (!(event.target instanceof Element) || event.target.closest("pre, video, audio, iframe, a, button") || event.button !== 0) return;
    this.#points.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#began = { x: event.clientX - this.#shift.x, y: event.clientY - this.#shift.y, distance: this.#distance(), zoom: this.#zoom };
    if (this.#zoom > 1 || event.pointerType === "touch") (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    if (!this.#points.has(event.pointerId) || !this.#began) return;
    this.#points.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#points.size > 1 && this.#began.distance) {
      if (lookOf(this.#file) !== "image") return;
      this.#zoom = Math.min(mostZoom, Math.max(1, (this.#began.zoom * this.#distance()) / this.#began.distance));
      this.#draw();
    } else if (this.#zoom > 1) {
      this.#shift = { x: event.clientX - this.#began.x, y: event.clientY - this.#began.y };
      this.#draw();
    }
  }

  #up(event: PointerEvent): void {
    const alone = this.#points.size === 1;
    const began = this.#began;
    this.#forget(event);
    if (!alone || !began || this.#zoom > 1 || event.pointerType !== "touch") return;
    const along = event.clientX - began.x;
    const down = event.clientY - began.y;
    if (Math.abs(along) > swipe && Math.abs(along) > Math.abs(down) * 1.5) this.#go(along < 0 ? 1 : -1);
    else if (down > swipe * 2 && down > Math.abs(along) * 1.5) this.#dialog.close();
  }

  #forget(event: PointerEvent): void {
    this.#points.delete(event.pointerId);
    if (!this.#points.size) this.#began = null;
    if (this.#zoom === 1) this.#shift = { x: 0, y: 0 };
  }

  #wheel(event: WheelEvent): void {
    if (lookOf(this.#file) !== "image") return;
    event.preventDefault();
    this.#enlarge(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  }
}

/** The beginning of a text, whatever it is written in. */
async function read(file: FileValue, box: HTMLElement): Promise<void> {
  try {
    const answer = await fetch(file.url, { headers: { Range: `bytes=0-${mostText - 1}` } });
    if (!answer.ok) throw new Error(String(answer.status));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    box.textContent = decode(bytes);
    if (file.size > mostText) box.append(document.createElement("hr"), t("只显示开头,全文请下载"));
  } catch {
    box.textContent = t("这一步没有完成,请再试一次");
  }
}

/** Text in UTF-8 or, as many programs here still write, in GB 18030. */
export function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    // the piece may end within a letter
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

/** Look at files, beginning with the one at `index`. */
export function openPreview(files: readonly FileValue[], index: number): void {
  if (files[index]) new Preview(files, index);
}
