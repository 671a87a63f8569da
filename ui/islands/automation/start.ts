/** Starting automations by hand for records: the menu that lists them, and how far the runs are. */
import { api, showError } from "../api";
import { t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import { toast } from "../toast/toast";

interface Startable {
  id: string;
  name: string;
  description: string;
}

interface Progress {
  total: number;
  open: number;
  finished: number;
  failed: number;
  failures: { run: string; record: string | null; failure: { message: string } | null }[];
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Open a menu with the automations that can be started for `records` of a table, beside `anchor`. */
export async function startMenu(anchor: HTMLElement | DOMRect, table: string, records: readonly string[]): Promise<void> {
  let found: Startable[];
  try {
    found = (await api.get<{ automations: Startable[] }>(`/api/v1/tables/${table}/startable`)).automations;
  } catch (failure) {
    showError(failure);
    return;
  }
  const items: MenuItem[] = found.length
    ? [
        { heading: t("对 {n} 条记录运行", { n: records.length }) },
        ...found.map((one): MenuItem => ({ label: one.name, icon: "zap", sub: one.description || undefined, run: () => void startFor(one.id, one.name, records) })),
      ]
    : [{ label: t("没有可以手动运行的自动化"), icon: "zap", sub: t("搭建者新建一个「手动运行」的自动化并启用,就会在这里"), disabled: true }];
  openMenu(anchor, items);
}

/** Start an automation (for nothing in particular when `records` is empty) and tell how it goes. */
export async function startFor(automation: string, name: string, records: readonly string[]): Promise<void> {
  try {
    const started = await api.post<{ batch: string; runs: number; passed_over: number }>(`/api/v1/automations/${automation}/start`, { records });
    if (!started.runs) {
      toast(t("选中的记录都不符合「{name}」的条件,没有运行", { name }), { kind: "info" });
      return;
    }
    await follow(automation, name, started.batch, started.runs, started.passed_over);
  } catch (failure) {
    showError(failure);
  }
}

async function follow(automation: string, name: string, batch: string, runs: number, passed: number): Promise<void> {
  let close = toast(t("「{name}」正在运行,共 {n} 条", { name, n: runs }), { kind: "info", life: 0 });
  let shown = 0;
  let pause = 400;
  const until = Date.now() + 10 * 60_000;
  for (;;) {
    await wait(pause);
    pause = Math.min(pause * 1.4, 3000);
    const progress = await api.get<Progress>(`/api/v1/automations/${automation}/batches/${batch}`).catch(() => null);
    if (!progress) continue;
    const done = progress.finished + progress.failed;
    if (!progress.open || Date.now() > until) {
      close();
      said(automation, name, progress, passed);
      return;
    }
    if (done !== shown) {
      shown = done;
      close();
      close = toast(t("「{name}」已完成 {done} / {total} 条", { name, done, total: progress.total }), { kind: "info", life: 0 });
    }
  }
}

function said(automation: string, name: string, progress: Progress, passed: number): void {
  const more = passed ? t(",{n} 条不符合条件没有运行", { n: passed }) : "";
  if (progress.failed) {
    const why = progress.failures[0]?.failure?.message ?? "";
    toast(t("「{name}」有 {n} 条失败:{why}", { name, n: progress.failed, why }) + more, { kind: "bad", action: t("看运行记录"), run: () => location.assign(`/automations/${automation}/runs?status=failed`) });
    return;
  }
  if (progress.open) {
    toast(t("「{name}」还有 {n} 条在等待,会接着跑", { name, n: progress.open }) + more, { kind: "info", action: t("看运行记录"), run: () => location.assign(`/automations/${automation}/runs`) });
    return;
  }
  toast(t("「{name}」完成了,共 {n} 条", { name, n: progress.finished }) + more);
}
