/** Publishing with a look at what is different, and the versions that were published, in dialogs. */
import { html, nothing, render, type TemplateResult } from "lit";
import { api, showError } from "../api";
import { openDialog } from "../dialog/dialog";
import { icon } from "../icons";
import { t } from "../i18n";
import { exactMoment } from "../record/value";
import { ago } from "../runs/status";
import { diffView } from "./diff";
import type { Definition, PageData, Version } from "./types";

export interface Publication {
  note: string;
  enable: boolean;
}

/** Ask whether to publish; null when not. `runs`: what runs now (null: nothing was published yet). */
export async function publishDialog(page: PageData, runs: Definition | null, edited: Definition, enabled: boolean): Promise<Publication | null> {
  const form: Publication = { note: "", enable: !enabled };
  const body = html`<div class="stack">
    ${runs ? html`<p class="f2">${t("和现在运行的版本比:")}</p><div class="au-diff-box">${diffView(page, runs, edited, icon)}</div>` : html`<p class="f2">${t("第一次发布。发布的样子就是运行的样子;以后的修改先存成草稿,再发布才生效。")}</p>`}
    <label class="field"><span class="lab">${t("改了什么,为什么(可以不写)")}</span><textarea class="inp" rows="2" maxlength="500" aria-label=${t("改了什么,为什么(可以不写)")} @input=${(event: Event) => (form.note = (event.target as HTMLTextAreaElement).value)}></textarea></label>
    ${enabled ? html`<p class="hint">${t("正在跑的按它们开始时的版本跑完")}</p>` : html`<label class="opt-row"><input class="ck" type="checkbox" checked @change=${(event: Event) => (form.enable = (event.target as HTMLInputElement).checked)} /><span>${t("发布后就启用")}</span></label>`}
  </div>`;
  const go = await openDialog<boolean>({
    heading: t("发布"),
    body,
    size: "l",
    actions: [
      { label: t("取消"), value: false },
      { label: t("发布"), value: true, kind: "p" },
    ],
  });
  return go ? form : null;
}

/** The list of versions beside what is different in the chosen one; resolves with the number to bring back, or null. */
export async function versionsDialog(page: PageData, edited: Definition): Promise<number | null> {
  let versions: Version[] = [];
  try {
    versions = (await api.get<{ versions: Version[] }>(`/api/v1/automations/${page.automation.id}/versions`)).versions;
  } catch (failure) {
    showError(failure);
    return null;
  }
  const holder = document.createElement("div");
  let chosen = versions[0]?.number ?? 0;
  let against: "before" | "edited" = "before";
  let back: number | null = null;
  const draw = () => render(view(), holder);
  const definition = (version: Version): Definition => ({ ...edited, trigger: version.trigger, steps: version.steps });
  const view = (): TemplateResult => {
    if (!versions.length) return html`<p class="f3">${t("还没有发布过")}</p>`;
    const index = versions.findIndex((one) => one.number === chosen);
    const one = versions[index]!;
    const other = against === "edited" ? edited : versions[index + 1] ? definition(versions[index + 1]!) : null;
    return html`<div class="au-versions">
      <ol class="au-version-list">${versions.map((version) => html`<li><button type="button" aria-pressed=${version.number === chosen} @click=${() => {
        chosen = version.number;
        draw();
      }}><b>${t("第 {n} 版", { n: version.number })}</b>${version.current ? html`<span class="tag c-green">${t("正在运行")}</span>` : nothing}<span class="f3" data-tip=${exactMoment(version.at)}>${version.by || t("程序")} · ${ago(version.at)}</span>${version.note ? html`<span class="au-note">${version.note}</span>` : nothing}</button></li>`)}</ol>
      <div class="au-version"><div class="row wrap"><div class="seg" role="group" aria-label=${t("和什么比")}>
          <button type="button" aria-pressed=${against === "before"} @click=${() => {
            against = "before";
            draw();
          }}>${t("和上一版比")}</button><button type="button" aria-pressed=${against === "edited"} @click=${() => {
            against = "edited";
            draw();
          }}>${t("和现在编辑的比")}</button></div><span class="grow"></span>
          ${page.can_build && !one.current ? html`<button type="button" class="btn s" @click=${() => {
            back = one.number;
            holder.closest("dialog")?.close();
          }}>${icon("undo-2", 14)}${t("恢复成草稿")}</button>` : nothing}</div>
        ${other ? (against === "edited" ? diffView(page, definition(one), other, icon) : diffView(page, other, definition(one), icon)) : html`<p class="f3 au-none">${t("第一版,没有更早的可以比")}</p>`}</div>
    </div>`;
  };
  draw();
  await openDialog<boolean>({ heading: t("历史版本"), body: holder, size: "xl" });
  return back;
}
