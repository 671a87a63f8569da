/**
 * Files on their way to the server, for the whole page: a few at a time, with progress; what failed is kept and can be sent
 * again. Where they go is said once (`take`), and is asked whenever some of a batch have arrived and none is on its way.
 */
import { api, csrfToken } from "../api";
import type { Field, Value } from "../fields/field";
import { t } from "../i18n";
import { toast, toastUndo } from "../toast/toast";
import { undo, forgetRedo } from "../undo";
import { filesOf, type FileValue } from "./file";

export interface Upload {
  readonly batch: Batch;
  readonly file: File;
  state: "waiting" | "sending" | "done" | "failed" | "cancelled";
  /** 0 … 1 */
  progress: number;
  problem?: string;
  result?: FileValue;
}

export interface Batch {
  /** What the files are for; parts of the page that show the same thing show these uploads. */
  readonly key: string;
  readonly field: Field;
  readonly uploads: Upload[];
  take(files: FileValue[]): void | Promise<void>;
  delivered: number;
}

const atOnce = 3;

/** What a cell's uploads are known by. */
export function uploadKey(field: Field, record: string | undefined): string {
  return `${field.id}/${record ?? "new"}`;
}

class Uploads extends EventTarget {
  #batches: Batch[] = [];
  #requests = new Map<Upload, XMLHttpRequest>();

  constructor() {
    super();
    // Leaving the page now would lose what is on its way.
    window.addEventListener("beforeunload", (event) => {
      if (this.running) event.preventDefault();
    });
  }

  get all(): Upload[] {
    return this.#batches.flatMap((batch) => batch.uploads).filter((upload) => upload.state !== "cancelled");
  }

  get running(): boolean {
    return this.all.some((upload) => upload.state === "waiting" || upload.state === "sending");
  }

  /** Those for a key that have not arrived. */
  of(key: string): Upload[] {
    return this.all.filter((upload) => upload.batch.key === key && upload.state !== "done");
  }

  add(field: Field, key: string, files: readonly File[], take: Batch["take"]): void {
    if (!files.length) return;
    const batch: Batch = { key, field, uploads: [], take, delivered: 0 };
    for (const file of files) batch.uploads.push({ batch, file, state: "waiting", progress: 0 });
    this.#batches.push(batch);
    void import("./tray").then(({ showTray }) => showTray());
    this.#next();
  }

  cancel(upload: Upload): void {
    upload.state = "cancelled";
    this.#requests.get(upload)?.abort();
    this.#settle(upload.batch);
    this.#next();
  }

  retry(upload: Upload): void {
    if (upload.state !== "failed") return;
    upload.state = "waiting";
    delete upload.problem;
    this.#next();
  }

  #next(): void {
    const waiting = this.all.filter((upload) => upload.state === "waiting");
    for (const upload of waiting.slice(0, Math.max(0, atOnce - this.#requests.size))) this.#send(upload);
    this.#changed();
  }

  #send(upload: Upload): void {
    const request = new XMLHttpRequest();
    this.#requests.set(upload, request);
    upload.state = "sending";
    upload.progress = 0;
    request.open("POST", `/api/v1/fields/${upload.batch.field.id}/files?name=${encodeURIComponent(upload.file.name || t("文件"))}`);
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", document.documentElement.lang);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      upload.progress = event.lengthComputable ? event.loaded / event.total : upload.progress;
      this.#changed();
    });
    request.addEventListener("load", () => this.#answered(upload, request));
    request.addEventListener("error", () => this.#failed(upload, t("连不上服务器,请检查网络")));
    request.addEventListener("abort", () => this.#over(upload));
    request.send(upload.file);
  }

  #answered(upload: Upload, request: XMLHttpRequest): void {
    let body: Record<string, unknown> = {};
    try {
      body = JSON.parse(request.responseText) as Record<string, unknown>;
    } catch {
      // A proxy's page says nothing a person could use.
    }
    if (request.status === 201) {
      upload.state = "done";
      upload.result = body as unknown as FileValue;
      this.#over(upload);
    } else if (request.status === 413 && !body.detail) this.#failed(upload, t("文件太大,服务器不收"));
    else this.#failed(upload, typeof body.detail === "string" ? body.detail : t("服务器没能完成,请再试一次"));
  }

  #failed(upload: Upload, problem: string): void {
    if (upload.state === "cancelled") return;
    upload.state = "failed";
    upload.problem = problem;
    this.#over(upload);
  }

  #over(upload: Upload): void {
    this.#requests.delete(upload);
    this.#settle(upload.batch);
    this.#next();
  }

  #settle(batch: Batch): void {
    if (batch.uploads.some((upload) => upload.state === "waiting" || upload.state === "sending")) return;
    const arrived = batch.uploads.filter((upload) => upload.state === "done").map((upload) => upload.result!);
    const fresh = arrived.slice(batch.delivered);
    batch.delivered = arrived.length;
    if (!batch.uploads.some((upload) => upload.state === "failed")) this.#batches = this.#batches.filter((other) => other !== batch);
    if (fresh.length) void batch.take(fresh);
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

export const uploads = new Uploads();

interface Answer {
  records: { fields: Record<string, Value> }[];
  change: string | null;
}

/** Put files behind those that a record holds now, wherever on the page it stands (or no longer stands). */
export async function addToRecord(field: Field, record: string, files: readonly FileValue[]): Promise<void> {
  try {
    const now = await api.get<{ table: string; fields: Record<string, Value> }>(`/api/v1/records/${record}`);
    const value = [...filesOf(now.fields[field.id]), ...files].map(({ id, name }) => ({ id, name }));
    const answer = await api.patch<Answer>(`/api/v1/tables/${now.table}/records`, { records: [{ id: record, fields: { [field.id]: value } }] });
    forgetRedo();
    const { change } = answer;
    if (change) toastUndo(t("已添加 {n} 个文件", { n: files.length }), () => void undo(change));
  } catch (failure) {
    toast(t("文件传好了,但没能放进记录:{reason}", { reason: failure instanceof Error ? failure.message : "" }), { kind: "bad", action: t("重试"), life: 0, run: () => void addToRecord(field, record, files) });
  }
}
