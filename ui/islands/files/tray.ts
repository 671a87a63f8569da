/** The uploads of the page, in a corner of it, until all have arrived. */
import "../../styles/files.css";
import { html, nothing, render, type TemplateResult } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { fileIcon, fileSize } from "./file";
import { uploads, type Upload } from "./uploads";

let box: HTMLElement | null = null;
let drawing = false;

/** Show what is on its way. */
export function showTray(): void {
  if (!box) {
    box = document.createElement("section");
    box.className = "up-tray";
    box.setAttribute("aria-label", t("上传"));
    document.body.append(box);
    uploads.addEventListener("change", draw);
  }
  draw();
}

function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const shown = uploads.all.filter((upload) => upload.state !== "done" || uploads.all.some((other) => other.batch === upload.batch && other.state !== "done"));
    box!.hidden = !shown.length;
    render(shown.length ? template(shown) : nothing, box!);
  });
}

function template(shown: readonly Upload[]): TemplateResult {
  const open = shown.filter((upload) => upload.state === "waiting" || upload.state === "sending").length;
  const failed = shown.filter((upload) => upload.state === "failed");
  const heading = open ? t("正在上传 {n} 个文件", { n: open }) : t("{n} 个文件没有传上去", { n: failed.length });
  return html`<header role="status"><b class="grow">${heading}</b>${failed.length > 1 && !open ? html`<button type="button" class="btn s g" @click=${() => failed.forEach((upload) => uploads.retry(upload))}>${t("全部重试")}</button>` : nothing}</header>
    <ul>
      ${shown.map((upload) => line(upload))}
    </ul>`;
}

function line(upload: Upload): TemplateResult {
  const { state, file } = upload;
  const percent = Math.round(upload.progress * 100);
  return html`<li class=${state}>
    ${icon(state === "failed" ? "circle-alert" : state === "done" ? "check" : fileIcon(file.type), 16)}
    <span class="grow up-name"
      ><span class="cut" title=${file.name}>${file.name}</span>
      ${state === "failed"
        ? html`<span class="hint bad" role="alert">${upload.problem}</span>`
        : html`<span class="hint">${upload.batch.field.name} · ${fileSize(file.size)}</span>${state === "done" ? nothing : html`<progress max="100" .value=${percent} aria-label=${t("{name} 的进度", { name: file.name })}></progress>`}`}</span
    >
    ${state === "failed" ? html`<button type="button" class="btn s" @click=${() => uploads.retry(upload)}>${t("重试")}</button>` : nothing}
    ${state === "done" ? nothing : html`<button type="button" class="icb" aria-label=${t("取消上传 {name}", { name: file.name })} @click=${() => uploads.cancel(upload)}>${icon("x", 14)}</button>`}
  </li>`;
}
