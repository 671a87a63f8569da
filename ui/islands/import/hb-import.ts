/**
 * `<hb-import data-source="…">`: a file becomes records in three steps: choose it, say where each column goes, watch it run.
 * From the moment the file has arrived the import has an address of its own (`/imports/{job}`): the page may be left,
 * reloaded and found again at each step.
 */
import "../../styles/import.css";
import { html, nothing, type TemplateResult } from "lit";
import { api, ApiError, Disconnected, showError, type Problem } from "../api";
import { define, HbElement } from "../base";
import { confirmDialog } from "../dialog/dialog";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { trackJob } from "../shell/jobs";
import { tableInfo, type TableInfo } from "../table/info";
import { chooseTemplate, type Sending } from "./choose";
import { columnsStep } from "./columns-step";
import { Memory } from "./memory";
import { decisionOf, propose, tableName, type ColumnPlan, type Plan, type Reading } from "./plan";
import { progressTemplate, type Sample } from "./progress";
import type { AppRef, Job, PageData, Preview } from "./types";
import { obstacle, pastedTable, upload, type Upload } from "./upload";

type Step = "choose" | "columns" | "run";

const lookAgain = 1_000;

export class HbImport extends HbElement {
  static override properties = {
    step: { state: true },
    over: { state: true },
    sending: { state: true },
    problem: { state: true },
    preview: { state: true },
    plan: { state: true },
    reading: { state: true },
    table: { state: true },
    topOpen: { state: true },
    busy: { state: true },
    refusals: { state: true },
    job: { state: true },
    stopping: { state: true },
    app: { state: true },
    unfolded: { state: true },
    lost: { state: true },
  };

  declare private step: Step;
  declare private over: boolean;
  declare private sending: Sending | null;
  declare private problem: { name: string; message: string; code: string } | null;
  declare private preview: Preview | null;
  declare private plan: Plan | null;
  declare private reading: Reading;
  declare private table: TableInfo | null;
  declare private topOpen: boolean;
  /** What is being waited for in the second step. */
  declare private busy: "" | "reading" | "starting";
  declare private refusals: Problem[];
  declare private job: Job | null;
  declare private stopping: boolean;
  declare private app: AppRef | null;
  declare private unfolded: ReadonlySet<number>;
  /** Why an import that was begun cannot be shown. */
  declare private lost: string | null;

  #page: PageData = { job: null, app: null, apps: [], table: null, tables: [], recent: [], can_build: false, types: [], max_mb: 0 };
  #upload: Upload | null = null;
  #samples: Sample[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: (() => void) | null = null;
  #memory = new Memory();
  #ask = 0;

  constructor() {
    super();
    this.step = "choose";
    this.over = false;
    this.sending = null;
    this.problem = null;
    this.preview = null;
    this.plan = null;
    this.reading = { sheet: null, headerRow: null, guessHeader: true, encoding: null };
    this.table = null;
    this.topOpen = false;
    this.busy = "";
    this.refusals = [];
    this.job = null;
    this.stopping = false;
    this.app = null;
    this.unfolded = new Set();
    this.lost = null;
  }

  protected override createRenderRoot(): HTMLElement {
    this.#page = this.pageData<PageData>() ?? this.#page;
    this.app = this.#page.app ?? this.#page.apps[0] ?? null;
    return super.createRenderRoot();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("dragover", this.#dragOver);
    document.addEventListener("dragleave", this.#dragLeave);
    document.addEventListener("drop", this.#drop);
    document.addEventListener("paste", this.#paste);
    if (this.#page.job) void this.#resume(this.#page.job);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("dragover", this.#dragOver);
    document.removeEventListener("dragleave", this.#dragLeave);
    document.removeEventListener("drop", this.#drop);
    document.removeEventListener("paste", this.#paste);
    clearTimeout(this.#timer);
    this.#stop?.();
  }

  /* ---- the file ---- */

  readonly #dragOver = (event: DragEvent) => {
    if (this.step !== "choose" || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.over = true;
  };

  readonly #dragLeave = (event: DragEvent) => {
    if (event.relatedTarget === null) this.over = false;
  };

  readonly #drop = (event: DragEvent) => {
    if (this.step !== "choose" || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.over = false;
    void this.#pick(event.dataTransfer.files[0]!);
  };

  readonly #paste = (event: ClipboardEvent) => {
    if (this.step !== "choose" || this.sending || event.target instanceof HTMLInputElement) return;
    const file = event.clipboardData?.files[0] ?? pastedTable(event.clipboardData?.getData("text/plain") ?? "");
    if (!file) return;
    event.preventDefault();
    void this.#pick(file);
  };

  async #pick(file: File): Promise<void> {
    if (this.sending) return;
    const reason = obstacle(file, this.#page.max_mb);
    this.problem = reason ? { name: file.name, message: reason, code: file.size ? "file_too_large" : "file_empty" } : null;
    if (reason) return;
    this.sending = { name: file.name, size: file.size, sent: 0 };
    try {
      const app = await this.#appForFile();
      this.#upload = upload(file, app, this.#page.table, (sent) => this.sending && (this.sending = { ...this.sending, sent }));
      const preview = await this.#upload.answer;
      history.replaceState(null, "", `/imports/${preview.id}`);
      await this.#show(preview);
    } catch (failure) {
      this.#refused(file.name, failure);
    } finally {
      this.sending = null;
      this.#upload = null;
    }
  }

  #refused(name: string, failure: unknown): void {
    if (failure instanceof DOMException && failure.name === "AbortError") return;
    if (failure instanceof ApiError) this.problem = { name, message: failure.message, code: failure.code };
    else if (failure instanceof Disconnected) this.problem = { name, message: failure.message, code: "disconnected" };
    else showError(failure);
  }

  /** The app the file goes into; where none was there, it is made now. */
  async #appForFile(): Promise<string> {
    if (this.app?.id) return this.app.id;
    const made = await api.post<AppRef>("/api/v1/apps", { name: t("我的应用") });
    this.app = { id: made.id, name: made.name };
    this.#page = { ...this.#page, apps: [...this.#page.apps, this.app], can_build: true };
    return made.id;
  }

  #chooseApp(id: string): void {
    this.app = this.#page.apps.find((app) => app.id === id) ?? null;
  }

  /* ---- columns ---- */

  async #resume(job: string): Promise<void> {
    try {
      const found = await api.get<Job>(`/api/v1/imports/${job}`);
      if (found.status !== "draft") return this.#watch(found);
      const kept = this.#memory.recall(job);
      await this.#show(await this.#lookInto(job, kept?.reading ?? this.reading, kept ? kept.plan.table : this.#page.table), kept ?? undefined);
    } catch (failure) {
      this.lost = failure instanceof Error ? failure.message : String(failure);
    }
  }

  #lookInto(job: string, reading: Reading, table: string | null): Promise<Preview> {
    const params = { sheet: reading.sheet, header_row: reading.guessHeader ? null : reading.headerRow, guess_header: reading.guessHeader, table, encoding: reading.encoding };
    return api.get<Preview>(`/api/v1/imports/${job}/preview`, { params });
  }

  async #show(preview: Preview, kept?: { plan: Plan; reading: Reading }): Promise<void> {
    if (!this.#page.tables.length && this.app) await this.#loadApp(this.app.id);
    this.table = preview.table ? await tableInfo(preview.table) : null;
    this.preview = preview;
    this.reading = kept?.reading ?? { sheet: preview.sheet, headerRow: preview.header_row, guessHeader: true, encoding: null };
    const columns = kept && kept.plan.columns.length === preview.columns.length ? kept.plan.columns : propose(preview, this.#page.can_build);
    this.plan = {
      table: preview.table,
      newTable: kept?.plan.newTable ?? this.plan?.newTable ?? tableName(preview.filename),
      columns,
      statesAsIs: kept?.plan.statesAsIs ?? this.plan?.statesAsIs ?? true,
      runAutomations: kept?.plan.runAutomations ?? this.plan?.runAutomations ?? false,
    };
    this.step = "columns";
    await this.updateComplete;
    this.querySelector<HTMLElement>(".im-title")?.focus();
  }

  /** What the page did not bring because the app was only chosen in it. */
  async #loadApp(app: string): Promise<void> {
    const found = await api.get<{ tables: PageData["tables"]; role?: string }>(`/api/v1/apps/${app}`);
    this.#page = { ...this.#page, tables: found.tables, can_build: found.role ? found.role === "owner" || found.role === "builder" : this.#page.can_build };
  }

  #keep(): void {
    if (this.preview && this.plan) this.#memory.keep(this.preview.id, { plan: this.plan, reading: this.reading });
  }

  #setPlan(part: Partial<Plan>): void {
    if (!this.plan) return;
    this.plan = { ...this.plan, ...part };
    this.refusals = [];
    this.#keep();
  }

  #setColumn(column: number, part: Partial<ColumnPlan>): void {
    if (this.plan) this.#setPlan({ columns: this.plan.columns.map((plan) => (plan.column === column ? { ...plan, ...part } : plan)) });
  }

  /** Another sheet, header row or table: look at the file again with it. */
  async #reread(reading: Reading, table: string | null): Promise<void> {
    if (!this.preview) return;
    const ask = ++this.#ask;
    this.busy = "reading";
    try {
      const preview = await this.#lookInto(this.preview.id, reading, table);
      if (ask !== this.#ask) return;
      await this.#show(preview);
      this.reading = { ...reading, sheet: preview.sheet, headerRow: preview.header_row };
      this.#keep();
    } catch (failure) {
      if (ask === this.#ask) showError(failure);
    } finally {
      if (ask === this.#ask) this.busy = "";
    }
  }

  async #start(): Promise<void> {
    const { preview, plan, reading } = this;
    if (!preview || !plan || this.busy) return;
    this.busy = "starting";
    this.refusals = [];
    try {
      const started = await api.post<{ id: string; table: string }>(`/api/v1/imports/${preview.id}/start`, decisionOf(plan, reading, preview));
      this.#memory.forget(preview.id);
      this.dataset.showsJob = started.id; // this page tells it itself; the tray is for the others
      trackJob({ id: started.id, title: t("导入 {name}", { name: preview.filename }), address: `/api/v1/imports/${started.id}`, href: `/imports/${started.id}` });
      this.#watch(await api.get<Job>(`/api/v1/imports/${started.id}`));
    } catch (failure) {
      if (failure instanceof ApiError) this.refusals = failure.problems.length ? failure.problems : [{ code: failure.code, message: failure.message }];
      else showError(failure);
    } finally {
      this.busy = "";
    }
  }

  async #discard(): Promise<void> {
    const { preview } = this;
    if (!preview) return;
    try {
      await api.post(`/api/v1/imports/${preview.id}/cancel`);
    } catch {
      // A draft that stays behind does no harm; the next file is what matters now.
    }
    this.#memory.forget(preview.id);
    location.assign(this.#wizard(preview.table ?? this.#page.table));
  }

  #wizard(table: string | null): string {
    if (!this.app) return "/imports/new";
    return `/a/${this.app.id}/import${table ? `?table=${table}` : ""}`;
  }

  /* ---- running ---- */

  #watch(job: Job): void {
    this.step = "run";
    this.dataset.showsJob = job.id;
    this.#take(job);
    this.#stop?.();
    this.#stop = watch([job.id], () => void this.#look());
    if (this.#isOpen(job)) this.#again();
  }

  #isOpen(job: Job): boolean {
    return job.status === "queued" || job.status === "running";
  }

  #again(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), lookAgain);
  }

  async #look(): Promise<void> {
    if (!this.job || !this.isConnected) return;
    try {
      this.#take(await api.get<Job>(`/api/v1/imports/${this.job.id}`));
    } catch {
      // Asked again in a second; the banner says when the server is away.
    }
    if (this.#isOpen(this.job)) this.#again();
    else this.#ended();
  }

  #take(job: Job): void {
    if (job.status === "running") this.#samples = [...this.#samples, { at: Date.now(), done: job.done }].slice(-30);
    this.job = job;
  }

  #ended(): void {
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#stop = null;
    this.stopping = false;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(".im-done h2")?.focus());
  }

  async #cancel(): Promise<void> {
    const { job } = this;
    if (!job) return;
    const yes = await confirmDialog({ heading: t("停下这次导入?"), text: t("已经导入的记录会留在表里"), action: t("停下"), danger: true });
    if (!yes) return;
    this.stopping = true;
    try {
      await api.post(`/api/v1/imports/${job.id}/cancel`);
      await this.#look();
    } catch (failure) {
      this.stopping = false;
      showError(failure);
    }
  }

  #unfold(row: number): void {
    const next = new Set(this.unfolded);
    if (!next.delete(row)) next.add(row);
    this.unfolded = next;
  }

  /* ---- drawing ---- */

  protected override render(): TemplateResult {
    return html`<div class="page"><div class="im-page stack">
      <div class="page-h im-h"><h1 class="im-title" tabindex="-1">${t("导入 Excel 或 CSV")}</h1>${this.#steps()}</div>
      ${this.lost ? this.#lostNotice() : this.#body()}
    </div></div>`;
  }

  #lostNotice(): TemplateResult {
    return html`<div class="notice" role="alert">${icon("circle-alert", 18)}<div><b>${t("打不开这次导入")}</b><div>${this.lost}</div>
      <p class="wrap im-acts"><a class="btn" href=${this.#wizard(this.#page.table)}>${t("重新选文件")}</a></p></div></div>`;
  }

  #steps(): TemplateResult {
    const names: [Step, string][] = [
      ["choose", t("选择文件")],
      ["columns", t("对应字段")],
      ["run", t("导入")],
    ];
    const now = names.findIndex(([step]) => step === this.step);
    return html`<ol class="steps end" aria-label=${t("步骤")}>${names.map(
      ([step, name], index) => html`<li class=${index < now ? "done" : ""} aria-current=${step === this.step ? "step" : nothing}><i>${index < now ? icon("check", 12) : index + 1}</i>${name}</li>`,
    )}</ol>`;
  }

  #body(): TemplateResult {
    if (this.step === "run" && this.job) {
      return progressTemplate({
        job: this.job,
        samples: this.#samples,
        stopping: this.stopping,
        again: this.#wizard(this.job.table),
        unfolded: this.unfolded,
        cancel: () => void this.#cancel(),
        unfold: (row) => this.#unfold(row),
      });
    }
    if (this.step === "columns" && this.preview && this.plan) {
      return columnsStep({
        preview: this.preview,
        plan: this.plan,
        table: this.table,
        page: this.#page,
        topOpen: this.topOpen,
        busy: this.busy,
        refusals: this.refusals,
        setPlan: (part) => this.#setPlan(part),
        setColumn: (column, part) => this.#setColumn(column, part),
        chooseTable: (table) => void this.#reread(this.reading, table),
        chooseSheet: (sheet) => void this.#reread({ ...this.reading, sheet, headerRow: null, guessHeader: true }, this.plan?.table ?? null),
        chooseHeader: (row) => void this.#reread({ ...this.reading, headerRow: row, guessHeader: false }, this.plan?.table ?? null),
        chooseEncoding: (encoding) => void this.#reread({ ...this.reading, encoding, headerRow: null, guessHeader: true }, this.plan?.table ?? null),
        toggleTop: () => (this.topOpen = !this.topOpen),
        start: () => void this.#start(),
        discard: () => void this.#discard(),
      });
    }
    if (this.#page.job) return html`<div class="sk im-sk-box" role="status" aria-label=${t("正在读取")}></div>`;
    return chooseTemplate({
      maxMb: this.#page.max_mb,
      apps: this.#page.app ? null : this.#page.apps,
      app: this.app?.id ?? "new",
      over: this.over,
      sending: this.sending,
      problem: this.problem,
      recent: this.#page.recent,
      chooseApp: (app) => this.#chooseApp(app),
      pick: (file) => void this.#pick(file),
      abort: () => this.#upload?.abort(),
    });
  }
}

define("hb-import", HbImport);
