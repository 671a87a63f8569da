/**
 * `<hb-scan>`: the scanning screen. Sends `hb:code` ({code, by}) when a code was read by the camera, out of a photo, or typed,
 * and `hb:scan-close` when the person leaves. Where there is no camera it says why and what works instead.
 */
import { html, nothing, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { define, HbElement } from "../base";
import { icon } from "../icons";
import { t } from "../i18n";
import { Camera, type Obstacle } from "./camera";
import { codeInPhoto } from "./photo";
import { PictureReader } from "./picture-reader";

export interface ScannedCode {
  code: string;
  by: "camera" | "photo" | "typing";
}

export class HbScan extends HbElement {
  static override properties = {
    obstacle: { state: true },
    problem: { state: true },
    ready: { state: true },
    light: { state: true },
    hasTorch: { state: true },
    reading: { state: true },
    seen: { state: true },
    note: { attribute: false },
  };

  declare private obstacle: Obstacle | null;
  /** What went wrong with a photo or the decoder. */
  declare private problem: string;
  declare private ready: boolean;
  declare private light: boolean;
  declare private hasTorch: boolean;
  /** A photo is being read. */
  declare private reading: boolean;
  /** The code that was just read. */
  declare private seen: string;
  /** Said below the frame, e.g. that a code was scanned twice. */
  declare note: string;

  readonly #reader = new PictureReader();
  readonly #camera = new Camera(this.#reader, (code) => this.#found(code, "camera"), () => this.#broken());
  readonly #video = createRef<HTMLVideoElement>();
  #returnTo: HTMLElement | null = null;

  constructor() {
    super();
    this.obstacle = null;
    this.problem = "";
    this.ready = false;
    this.light = false;
    this.hasTorch = false;
    this.reading = false;
    this.seen = "";
    this.note = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#returnTo = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    document.addEventListener("visibilitychange", this.#seenOrNot);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#seenOrNot);
    this.#camera.close();
    this.#reader.close();
    this.#returnTo?.focus({ preventScroll: true });
  }

  protected override firstUpdated(): void {
    this.querySelector<HTMLElement>(".sc-close")?.focus();
    void this.#open();
  }

  async #open(): Promise<void> {
    this.obstacle = null;
    this.problem = "";
    const video = this.#video.value;
    this.obstacle = video ? await this.#camera.open(video) : "missing";
    this.ready = this.obstacle === null;
    this.hasTorch = this.ready && this.#camera.hasTorch;
  }

  /** A page in the background gives the camera back, and takes it again when it is looked at. */
  readonly #seenOrNot = () => {
    if (document.hidden) {
      this.#camera.close();
      this.ready = false;
      this.light = false;
    } else if (!this.ready && this.isConnected && this.obstacle === null) void this.#open();
  };

  #found(code: string, by: ScannedCode["by"]): void {
    this.seen = code;
    this.emit<ScannedCode>("hb:code", { code, by });
  }

  #broken(): void {
    this.#camera.close();
    this.ready = false;
    this.obstacle = "busy";
    this.problem = t("识别程序没有装上。检查网络后再试,或者手输单号");
  }

  async #toggleLight(): Promise<void> {
    try {
      await this.#camera.torch(!this.light);
      this.light = !this.light;
    } catch {
      this.hasTorch = false;
    }
  }

  async #photo(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (!file || this.reading) return;
    this.problem = "";
    this.reading = true;
    try {
      const code = await codeInPhoto(file, this.#reader);
      if (code) this.#found(code, "photo");
      else this.problem = t("照片里没有认出条码。对准条码、拍近一点再试,或者手输单号");
    } catch {
      this.problem = t("这张照片读不了,换一张再试");
    } finally {
      this.reading = false;
    }
  }

  #typed(event: SubmitEvent): void {
    event.preventDefault();
    const input = this.querySelector<HTMLInputElement>(".sc-type input")!;
    const code = input.value.trim();
    if (code) this.#found(code, "typing");
    else input.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.emit("hb:scan-close");
    } else if (event.key === "Tab") this.#trap(event);
  }

  /** Tab stays on this screen. */
  #trap(event: KeyboardEvent): void {
    const inside = [...this.querySelectorAll<HTMLElement>("button, input")].filter((element) => element.getClientRects().length && !(element as HTMLButtonElement).disabled);
    const edge = event.shiftKey ? inside[0] : inside.at(-1);
    if (document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? inside.at(-1) : inside[0])?.focus();
  }

  protected override render(): TemplateResult {
    return html`<div class="sc" data-theme="dark" role="dialog" aria-modal="true" aria-label=${t("扫快递面单")} @keydown=${(event: KeyboardEvent) => this.#key(event)}>
      <header class="sc-h">
        <button type="button" class="icb sc-close" aria-label=${t("退出扫码")} @click=${() => this.emit("hb:scan-close")}>${icon("x", 24)}</button>
        <h2>${t("扫快递面单")}</h2>
        ${this.hasTorch
          ? html`<button type="button" class="icb" aria-pressed=${String(this.light)} aria-label=${t("手电")} @click=${() => void this.#toggleLight()}>${icon(this.light ? "flashlight" : "flashlight-off", 22)}</button>`
          : html`<span class="sc-blank"></span>`}
      </header>
      <div class="sc-view">
        <video ${ref(this.#video)} class=${this.ready ? "" : "off"} playsinline muted></video>
        ${this.obstacle ? this.#instead(this.obstacle) : this.#frame()}
      </div>
      <div class="sc-foot">
        <p class="sc-hint" role="status">${this.note || this.problem || (this.reading ? t("正在认这张照片") : this.obstacle ? nothing : t("把条码放进框里,识别后会震一下"))}</p>
        <div class="sc-acts">
          ${this.obstacle ? this.#pick("camera", t("拍一张"), true) : nothing}${this.#pick("image", t("相册"), false)}
        </div>
        <form class="sc-type" @submit=${(event: SubmitEvent) => this.#typed(event)}>
          ${icon("keyboard", 20)}<input type="text" inputmode="text" enterkeyhint="search" autocomplete="off" autocapitalize="characters" spellcheck="false" aria-label=${t("手输单号")} placeholder=${t("手输单号,后 4 位也行")} />
          <button class="btn p">${t("查")}</button>
        </form>
      </div>
    </div>`;
  }

  #frame(): TemplateResult {
    return html`<div class="sc-frame ${this.ready ? "on" : ""}" aria-hidden="true"><i></i><i></i><i></i><i></i><span class="sc-beam"></span></div>
      ${this.seen ? html`<span class="sc-seen">${icon("check", 18)}${this.seen}</span>` : nothing}`;
  }

  #pick(name: string, label: string, capture: boolean): TemplateResult {
    return html`<label class="sc-act"><input class="sr" type="file" accept="image/*" capture=${capture ? "environment" : nothing} ?disabled=${this.reading} @change=${(event: Event) => void this.#photo(event)} />
      <span class="sc-round">${this.reading ? html`<span class="spin"></span>` : icon(name, 24)}</span>${label}</label>`;
  }

  #instead(obstacle: Obstacle): TemplateResult {
    const words: Record<Obstacle, [string, string]> = {
      insecure: [t("这个地址上用不了摄像头"), t("浏览器只在 https 地址上开放摄像头。可以拍一张面单照片来认,或者手输单号、用扫码枪")],
      refused: [t("没有摄像头权限"), t("点地址栏左边的图标,把摄像头改成「允许」,再试一次。也可以拍一张照片,或者手输单号")],
      missing: [t("没有找到摄像头"), t("可以选一张面单照片来认,或者手输单号、用扫码枪")],
      busy: [t("摄像头打不开"), t("可能被别的程序占着。关掉它再试一次,或者手输单号")],
    };
    const [title, text] = words[obstacle];
    return html`<div class="sc-instead">${icon(obstacle === "insecure" ? "lock" : "camera-off", 32)}<h3>${title}</h3><p>${text}</p>
      ${obstacle === "insecure" || obstacle === "missing" ? nothing : html`<button type="button" class="btn" @click=${() => void this.#open()}>${t("再试一次")}</button>`}</div>`;
  }
}

define("hb-scan", HbScan);
