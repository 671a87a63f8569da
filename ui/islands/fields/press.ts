/** Presses of buttons: sent once, followed until their run is over. Every place that shows the button hears of it. */
import { api, ApiError, showError } from "../api";
import { confirmDialog } from "../dialog/dialog";
import { t } from "../i18n";
import { toast } from "../toast/toast";
import type { Field } from "./field";

export interface PressState {
  /** sending: on its way; waiting, running, finished, failed; nothing: no run came of it. */
  state: "sending" | "waiting" | "running" | "finished" | "failed" | "nothing";
  press?: number;
  run: string | null;
  message: string | null;
}

const states = new Map<string, PressState>();
const listeners = new Set<(key: string) => void>();
const waits = [250, 350, 500, 800, 1_200, 2_000];
const longest = 10 * 60_000;

export const pressKey = (field: Field, record: string): string => `${record}/${field.id}`;

export function pressState(key: string): PressState | undefined {
  return states.get(key);
}

/** Whether its run is not over yet. */
export function isBusy(state: PressState | undefined): boolean {
  return state !== undefined && ["sending", "waiting", "running"].includes(state.state);
}

/** Hear of changes; returns the way to stop. */
export function onPress(listener: (key: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(key: string, state: PressState | undefined): void {
  if (state) states.set(key, state);
  else states.delete(key);
  for (const listener of listeners) listener(key);
}

/** What stands on the button. */
export function labelOf(field: Field): string {
  return String(field.options.label ?? "") || field.name;
}

/** Press the button for a record: asks first where it is to, says what is wrong, and follows the run. */
export async function press(field: Field, record: string): Promise<void> {
  const key = pressKey(field, record);
  if (isBusy(states.get(key))) {
    toast(t("「{name}」还在运行,等它完成再按", { name: labelOf(field) }), { kind: "info" });
    return;
  }
  const question = String(field.options.confirm ?? "");
  if (question && !(await confirmDialog({ heading: labelOf(field), text: question, action: labelOf(field) }))) return;
  const before = states.get(key);
  tell(key, { state: "sending", run: null, message: null });
  try {
    const answer = await api.post<PressState>(`/api/v1/records/${record}/buttons/${field.id}`, { source: "ui" });
    tell(key, answer);
    await follow(field, record, key, answer.press!);
  } catch (failure) {
    tell(key, before);
    // Somebody else pressed it, or this page was loaded anew meanwhile: no failure, but nothing new either.
    if (failure instanceof ApiError && failure.code === "still_running") toast(failure.message, { kind: "info" });
    else showError(failure);
  }
}

async function follow(field: Field, record: string, key: string, number: number): Promise<void> {
  const end = Date.now() + longest;
  for (let turn = 0; Date.now() < end; turn++) {
    await new Promise((resolve) => setTimeout(resolve, waits[Math.min(turn, waits.length - 1)]));
    let now: PressState;
    try {
      now = await api.get<PressState>(`/api/v1/records/${record}/buttons/${field.id}`, { params: { press: number } });
    } catch (failure) {
      if (failure instanceof ApiError) return tell(key, undefined); // the record or the button is gone
      continue; // the connection is lost for a while; the run goes on
    }
    tell(key, now);
    if (isBusy(now)) continue;
    if (now.state === "finished") toast(t("「{name}」已完成", { name: labelOf(field) }));
    if (now.state === "failed") toast(now.message ?? t("「{name}」没有完成", { name: labelOf(field) }), { kind: "bad", ...(now.run ? { action: t("看步骤"), run: () => location.assign(`/runs/${now.run}`) } : {}) });
    if (now.state === "nothing") toast(t("「{name}」没有运行:自动化已停用,或记录已不符合条件", { name: labelOf(field) }), { kind: "info" });
    return;
  }
}
