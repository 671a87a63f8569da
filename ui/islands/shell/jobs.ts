/**
 * The job tray: long work that a person started goes on in the background, shows its progress at the foot of every page,
 * can be cancelled, and reports when it is done.
 *
 *     trackJob({ id: "job…", title: t("导入 {name}", { name }), address: `/api/v1/imports/${id}`, href: `/imports/${id}` });
 *
 * `address` answers `{status, done, total, message}`; POST to `address + "/cancel"` cancels. In HTML the same by
 * `<script type="application/json" data-job>{…}</script>`. A page that shows a job itself sets `data-shows-job="job…"`.
 */
import { html, nothing, render, type TemplateResult } from "lit";
import { api, ApiError, showError } from "../api";
import { confirmDialog } from "../dialog/dialog";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { watch } from "../live";
import { toast } from "../toast/toast";

export interface TrackedJob {
  id: string;
  title: string;
  /** Where its state is asked for. */
  address: string;
  /** Its page. */
  href?: string;
  /** It may not be cancelled. */
  fixed?: boolean;
  /** What becomes of what is done when it is stopped. */
  keeps?: string;
}

interface JobState {
  status: "queued" | "running" | "finished" | "failed" | "cancelled";
  done: number;
  total: number | null;
  failed?: number;
  message?: string | null;
}

interface Entry {
  job: TrackedJob;
  state: JobState | null;
  /** When progress was first seen, for the time that is left. */
  since: number;
  from: number;
}

const often = 1_500;
const ended = new Set(["finished", "failed", "cancelled"]);
const entries = new Map<string, Entry>();
let tray: HTMLElement | null = null;
let folded = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let stopWatching: () => void = () => {};

function storageKey(): string {
  return `hb-jobs:${document.documentElement.dataset.user ?? ""}`;
}

function keep(): void {
  const jobs = [...entries.values()].filter((entry) => !entry.state || !ended.has(entry.state.status)).map((entry) => entry.job);
  try {
    if (jobs.length) localStorage.setItem(storageKey(), JSON.stringify(jobs));
    else localStorage.removeItem(storageKey());
  } catch {
    // Without storage the tray forgets at the next page.
  }
}

/** Show a job in the tray until it is done. */
export function trackJob(job: TrackedJob): void {
  if (entries.has(job.id)) return;
  entries.set(job.id, { job, state: null, since: Date.now(), from: 0 });
  keep();
  follow();
}

function follow(): void {
  stopWatching();
  const open = [...entries.values()].filter((entry) => !entry.state || !ended.has(entry.state.status));
  stopWatching = open.length ? watch(open.map((entry) => entry.job.id), () => void look()) : () => {};
  void look();
}

async function look(): Promise<void> {
  clearTimeout(timer);
  const open = [...entries.values()].filter((entry) => !entry.state || !ended.has(entry.state.status));
  await Promise.all(open.map(ask));
  draw();
  if ([...entries.values()].some((entry) => !entry.state || !ended.has(entry.state.status))) timer = setTimeout(() => void look(), often);
}

async function ask(entry: Entry): Promise<void> {
  let state: JobState;
  try {
    state = await api.get<JobState>(entry.job.address);
  } catch (failure) {
    // Gone, or no longer this person's to see: nothing to report. A lost connection is tried again.
    if (failure instanceof ApiError && failure.status < 500) {
      entries.delete(entry.job.id);
      keep();
    }
    return;
  }
  if (!entry.state) Object.assign(entry, { since: Date.now(), from: state.done });
  entry.state = state;
  if (!ended.has(state.status)) return;
  keep();
  document.dispatchEvent(new CustomEvent("hb:job-ended", { detail: { id: entry.job.id, status: state.status } }));
  if (document.querySelector(`[data-shows-job="${CSS.escape(entry.job.id)}"]`)) {
    entries.delete(entry.job.id);
    return;
  }
  report(entry, state);
}

function report({ job }: Entry, state: JobState): void {
  const words = { finished: t("{title} 已完成", { title: job.title }), failed: t("{title} 没有完成", { title: job.title }), cancelled: t("{title} 已取消", { title: job.title }) };
  const message = state.message || words[state.status as keyof typeof words];
  const { href } = job;
  toast(message, { kind: state.status === "failed" ? "bad" : "done", ...(href ? { action: t("查看"), run: () => location.assign(href) } : {}) });
}

/** How long it still takes, in words; "" while that cannot be said. */
export function timeLeft(done: number, total: number, from: number, milliseconds: number): string {
  const speed = (done - from) / milliseconds;
  if (!total || speed <= 0 || milliseconds < 2_000) return "";
  const seconds = Math.round((total - done) / speed / 1_000);
  if (seconds < 5) return t("马上就好");
  return seconds < 90 ? t("还要约 {n} 秒", { n: Math.ceil(seconds / 5) * 5 }) : t("还要约 {n} 分钟", { n: Math.round(seconds / 60) });
}

async function cancel(job: TrackedJob): Promise<void> {
  const yes = await confirmDialog({ heading: t("取消「{title}」?", { title: job.title }), text: job.keeps ?? t("已经做完的部分会保留。"), action: t("停下"), danger: true });
  if (!yes) return;
  try {
    await api.post(`${job.address}/cancel`);
    await look();
  } catch (failure) {
    showError(failure);
  }
}

function dismiss(id: string): void {
  entries.delete(id);
  keep();
  draw();
}

function row(entry: Entry): TemplateResult {
  const { job, state } = entry;
  const name = job.href ? html`<a class="m cut link" href=${job.href}>${job.title}</a>` : html`<span class="m cut">${job.title}</span>`;
  if (state && ended.has(state.status)) {
    const look = { finished: ["circle-check", "ok-t"], failed: ["circle-alert", "danger-t"], cancelled: ["circle-slash", "f3"] }[state.status as "finished"]!;
    return html`<div class="job">
      <div class="row"><span class=${look[1]!}>${icon(look[0]!)}</span>${name}<button type="button" class="icb end" aria-label=${t("关闭提示")} @click=${() => dismiss(job.id)}>${icon("x", 14)}</button></div>
      ${state.message ? html`<div class="t12 f2">${state.message}</div>` : nothing}
    </div>`;
  }
  const done = state?.done ?? 0;
  const total = state?.total ?? 0;
  const share = total ? Math.min(100, Math.floor((done / total) * 100)) : null;
  const left = total ? timeLeft(done, total, entry.from, Date.now() - entry.since) : "";
  return html`<div class="job">
    <div class="row">${name}<span class="f3 end">${share === null ? "" : `${share}%`}</span>${job.fixed
        ? nothing
        : html`<button type="button" class="icb" aria-label=${t("停下")} data-tip=${t("停下")} @click=${() => void cancel(job)}>${icon("x", 14)}</button>`}</div>
    <progress class="barp" aria-label=${job.title} max=${total || 1} value=${share === null ? nothing : done}></progress>
    <div class="t12 f3">${state?.status === "queued" || !state ? t("排队中") : total ? `${formatNumber(done)} / ${formatNumber(total)}${left ? `, ${left}` : ""}` : t("正在进行")}</div>
  </div>`;
}

function draw(): void {
  const shown = [...entries.values()].filter((entry) => !document.querySelector(`[data-shows-job="${CSS.escape(entry.job.id)}"]`));
  if (!shown.length) {
    tray?.remove();
    tray = null;
    return;
  }
  if (!tray) {
    tray = document.createElement("aside");
    tray.className = "jobs";
    tray.setAttribute("aria-label", t("后台任务"));
    document.body.append(tray);
  }
  const running = shown.filter((entry) => !entry.state || !ended.has(entry.state.status)).length;
  const toggle = () => {
    folded = !folded;
    draw();
  };
  render(
    html`<button type="button" class="jobs-h" aria-expanded=${String(!folded)} @click=${toggle}>
        <b class="b">${t("后台任务")}</b><span class="f3 t12">${running ? t("{n} 个进行中", { n: running }) : t("都完成了")}</span
        ><span class="end f3">${icon(folded ? "chevron-up" : "chevron-down", 14)}</span>
      </button>
      ${folded ? nothing : shown.map(row)}`,
    tray,
  );
}

/** Take up the jobs of earlier pages, and those that this page names. */
export function startJobs(): void {
  let known: TrackedJob[] = [];
  try {
    known = JSON.parse(localStorage.getItem(storageKey()) ?? "[]") as TrackedJob[];
  } catch {
    known = [];
  }
  const named = [...document.querySelectorAll("script[data-job]")].map((script) => JSON.parse(script.textContent ?? "null") as TrackedJob | null);
  for (const job of [...known, ...named]) if (job) entries.set(job.id, { job, state: null, since: Date.now(), from: 0 });
  if (entries.size) {
    keep();
    follow();
  }
}
