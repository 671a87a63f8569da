/**
 * `<hb-step-form>`: the form of the trigger or of one step, in the side panel. Set `.around`, `.chosen`, `.problems`; sends
 * `hb:trigger` (the changed trigger), `hb:step` (the changed step), `hb:step-act` ("delete", "copy", "up", "down").
 */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Problem } from "../api";
import { define, HbElement } from "../base";
import { icon } from "../icons";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { row } from "./form-parts";
import { triggerTable } from "./made";
import { stepUi } from "./steps/index";
import type { StepHost } from "./steps/ui";
import { canMove, find, numbers } from "./tree";
import { triggerForm, type TriggerHost } from "./trigger-form";
import { triggerUi } from "./triggers/index";
import type { PageData, Step, StepConfig, Trigger } from "./types";
import type { Surroundings } from "./values";

export type StepAct = "delete" | "copy" | "up" | "down";

export class HbStepForm extends HbElement implements TriggerHost, StepHost {
  static override properties = { around: { attribute: false }, chosen: { attribute: false }, problems: { attribute: false }, sampleName: { attribute: false } };
  declare around: Surroundings;
  /** "trigger", or a step's id. */
  declare chosen: string;
  declare problems: readonly Problem[];
  declare sampleName: string;
  /** Opens the dialogs of connectors. */
  makeConnector: (kind: string) => Promise<string | null> = () => Promise.resolve(null);
  changeConnector: (id: string) => void = () => undefined;
  /** Opens the dialog of a stock definition. */
  makeStock: () => Promise<string | null> = () => Promise.resolve(null);

  constructor() {
    super();
    this.chosen = "trigger";
    this.problems = [];
    this.sampleName = "";
  }

  get page(): PageData {
    return this.around.page;
  }

  get locked(): boolean {
    return !this.page.can_build;
  }

  get trigger(): Trigger {
    return this.around.definition.trigger;
  }

  setTrigger(trigger: Trigger): void {
    this.emit("hb:trigger", trigger);
  }

  newConnector(kind: string): Promise<string | null> {
    return this.makeConnector(kind);
  }

  editConnector(id: string): void {
    this.changeConnector(id);
  }

  newStock(): Promise<string | null> {
    return this.makeStock();
  }

  get #step(): Step | undefined {
    return find(this.around.definition.steps, this.chosen);
  }

  #config(config: StepConfig): void {
    const step = this.#step;
    if (step) this.emit("hb:step", { ...step, config });
  }

  #more(event: Event, step: Step): void {
    const { steps } = this.around.definition;
    const act = (name: StepAct) => this.emit("hb:step-act", name);
    openMenu(event.currentTarget as HTMLElement, [
      { label: t("上移"), icon: "arrow-up", disabled: !canMove(steps, step.id, -1), run: () => act("up") },
      { label: t("下移"), icon: "arrow-down", disabled: !canMove(steps, step.id, 1), run: () => act("down") },
      { label: t("复制一份"), icon: "copy", run: () => act("copy") },
      "separator",
      { label: t("删除这一步"), icon: "trash-2", danger: true, run: () => act("delete") },
    ]);
  }

  #head(face: { icon: string; color: string; name: string; sub: string }, step?: Step): TemplateResult {
    return html`<div class="panel-h"><span class="au-ic c-${face.color}">${icon(face.icon, 15)}</span><b class="cut au-head">${face.name}</b><span class="f3 t12">${face.sub}</span><span class="grow"></span>
      ${step && !this.locked ? html`<button type="button" class="icb" aria-label=${t("更多")} aria-haspopup="menu" @click=${(event: Event) => this.#more(event, step)}>${icon("ellipsis")}</button>` : nothing}
      <button type="button" class="icb" data-close-panel aria-label=${t("关闭")}>${icon("x")}</button></div>`;
  }

  #name(step: Step, placeholder: string): TemplateResult {
    return row(this, t("这一步叫什么"), "name", html`<input
      class="inp"
      aria-label=${t("这一步叫什么")}
      maxlength="60"
      placeholder=${placeholder}
      ?disabled=${this.locked}
      .value=${step.name ?? ""}
      @change=${(event: Event) => this.emit("hb:step", { ...step, name: (event.target as HTMLInputElement).value.trim() })}
    />`);
  }

  #failure(step: Step, outside: boolean): TemplateResult {
    const attempts = step.attempts ?? 5;
    return html`<details class="au-fail"><summary>${t("失败时")}<span class="f3">${t("最多试 {n} 次", { n: attempts })} · ${step.on_failure === "continue" ? t("还不行就跳过它继续") : t("还不行就停下等人处理")}</span></summary>
      <div class="stack">
        <div class="row wrap"><label class="row">${t("最多试")}<input class="inp s au-number" type="number" min="1" max="20" aria-label=${t("最多试几次")} ?disabled=${this.locked} .value=${String(attempts)} @change=${(event: Event) => {
          const number = Math.max(1, Math.min(20, Math.round(Number((event.target as HTMLInputElement).value)) || 1));
          (event.target as HTMLInputElement).value = String(number);
          this.emit("hb:step", { ...step, attempts: number });
        }} />${t("次")}</label><span class="hint au-flat">${outside ? t("对方没收下时,隔 1 秒、5 秒、30 秒、2 分钟、10 分钟再试") : t("数据库忙时自动再试;规则不允许的不重试")}</span></div>
        <label class="opt-row"><input class="rd" type="radio" name="on-failure" .checked=${step.on_failure !== "continue"} ?disabled=${this.locked} @change=${() => this.emit("hb:step", { ...step, on_failure: "stop" })} /><span>${t("停下,等人处理")}<span class="hint">${t("会出现在运行记录的「待处理」里,可以重试、跳过")}</span></span></label>
        <label class="opt-row"><input class="rd" type="radio" name="on-failure" .checked=${step.on_failure === "continue"} ?disabled=${this.locked} @change=${() => this.emit("hb:step", { ...step, on_failure: "continue" })} /><span>${t("跳过它,继续后面的步骤")}</span></label>
      </div></details>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("chosen")) this.scrollTop = 0;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.chosen === "trigger") {
      return html`${this.#head({ icon: "zap", color: "teal", name: triggerUi(this.trigger.kind).name(), sub: t("触发条件") })}<div class="panel-b stack au-form">${keyed(`${this.trigger.kind} ${triggerTable(this.trigger)}`, triggerForm(this))}</div>`;
    }
    const step = this.#step;
    if (!step) return nothing;
    const kind = this.page.kinds.find((one) => one.id === step.config.kind);
    const ui = stepUi(step.config.kind);
    const number = numbers(this.around.definition.steps).get(step.id) ?? 0;
    return html`${this.#head({ icon: kind?.icon ?? "circle", color: ui.color, name: step.name || (kind?.name ?? ""), sub: t("步骤 {n}", { n: number }) }, step)}
      <div class="panel-b stack au-form">
        ${keyed(step.id, ui.form(this, step.config, (config) => this.#config(config)))}
        ${this.#name(step, kind?.name ?? "")}
        ${ui.failure === "none" ? nothing : this.#failure(step, ui.failure === "outside")}
      </div>`;
  }
}

define("hb-step-form", HbStepForm);
