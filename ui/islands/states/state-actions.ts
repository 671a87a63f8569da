/** What can be done to one state: its menu, and the dialogs behind it. */
import { ApiError } from "../api";
import { confirmDialog } from "../dialog/dialog";
import { openColors } from "../fields/colors";
import type { Choice, Field } from "../fields/field";
import { formatNumber } from "../fields/format";
import { t } from "../i18n";
import { openMenu } from "../menu/menu";
import { askName } from "../table/ask-name";
import { toast } from "../toast/toast";
import { begun, withChoice, withMeaning, withoutState, withStart, withState, type Draft } from "./draft";
import { limitText, readLimit } from "./limits";
import { kindNames } from "./states-table";

/** What these actions ask of the editor. */
export interface ActionsHost {
  readonly draft: Draft | null;
  /** The field as it is published. */
  readonly field: Field;
  /** How many records are in a state now. */
  recordsIn(choice: number): number;
  put(draft: Draft): void;
  addMoveFrom(choice: Choice, anchor: HTMLElement): void;
}

function refuseTaken(host: ActionsHost, name: string, own?: number): void {
  const taken = host.draft?.choices.some((choice) => choice.id !== own && choice.name.toLowerCase() === name.toLowerCase());
  if (taken) throw new ApiError(422, "taken", t("已经有这个状态了"));
}

/** Ask for the name of a new state. */
export async function addState(host: ActionsHost): Promise<void> {
  await askName({
    heading: t("加一个状态"),
    label: t("状态的名字"),
    action: t("添加"),
    run: (name) => {
      refuseTaken(host, name);
      host.put(withState(host.draft ?? begun(host.field), name, host.field));
      return Promise.resolve();
    },
  });
}

/** Ask how long a record may stay in a state. */
async function askLimit(host: ActionsHost, choice: Choice): Promise<void> {
  const limit = host.draft?.machine.states.find((state) => state.choice === choice.id)?.limit;
  await askName({
    heading: t("「{name}」最多待多久", { name: choice.name }),
    label: t("时限,写 0 就是不限"),
    value: limitText(limit) || t("{n} 小时", { n: 24 }),
    always: true,
    action: t("保存"),
    run: (text) => {
      const seconds = /^0\D*$/.test(text) ? null : readLimit(text);
      if (seconds === undefined) throw new ApiError(422, "bad_limit", t("「{text}」看不懂,时限写成 24 小时、3 天、30 分钟这样,1 分钟以上", { text }));
      if (host.draft) host.put(withMeaning(host.draft, choice.id, { limit: seconds }));
      return Promise.resolve();
    },
  });
}

async function renameState(host: ActionsHost, choice: Choice): Promise<void> {
  await askName({
    heading: t("重命名状态"),
    label: t("状态的名字"),
    value: choice.name,
    action: t("保存"),
    run: (name) => {
      refuseTaken(host, name, choice.id);
      if (host.draft) host.put(withChoice(host.draft, choice.id, { name }));
      return Promise.resolve();
    },
  });
}

/** Say what goes with it, and take it out of the draft. */
async function removeState(host: ActionsHost, choice: Choice): Promise<void> {
  const before = host.draft;
  if (!before) return;
  const records = host.recordsIn(choice.id);
  const moves = before.machine.transitions.filter((move) => move.source === choice.id || move.target === choice.id).length;
  const parts = [
    records ? t("{n} 条记录现在是这个状态,会留着它,但不能再选,也没有出路。", { n: formatNumber(records) }) : "",
    moves ? t("进出它的 {n} 条流转会一起去掉。", { n: moves }) : "",
  ].filter(Boolean);
  if (parts.length) {
    const yes = await confirmDialog({ heading: t("从草稿里去掉「{name}」?", { name: choice.name }), text: parts.join(""), action: t("去掉"), danger: true });
    if (!yes) return;
  }
  host.put(withoutState(before, choice.id));
  toast(t("已从草稿里去掉「{name}」", { name: choice.name }), { action: t("撤销"), run: () => host.put(before) });
}

/** The menu of a state in the picture. */
export function openStateMenu(host: ActionsHost, choice: Choice, anchor: HTMLElement): void {
  const { draft } = host;
  if (!draft) return;
  const kind = draft.machine.states.find((state) => state.choice === choice.id)?.kind ?? "open";
  const limit = draft.machine.states.find((state) => state.choice === choice.id)?.limit;
  const starts = draft.machine.initial.includes(choice.id);
  openMenu(anchor, [
    { label: t("从这里加一条流转"), icon: "arrow-right", run: () => setTimeout(() => host.addMoveFrom(choice, anchor)) },
    { label: t("新记录可以从这里开始"), icon: "play", checked: starts, run: () => host.put(withStart(draft, choice.id, !starts)) },
    "separator",
    { heading: t("这个状态表示") },
    ...kindNames().map(([value, label]) => ({ label, icon: "circle", checked: kind === value, run: () => host.put(withMeaning(draft, choice.id, { kind: value })) })),
    { label: limit ? t("时限:{limit}", { limit: limitText(limit) }) : t("加时限"), icon: "timer", run: () => void askLimit(host, choice) },
    "separator",
    { label: t("重命名"), icon: "pencil", run: () => void renameState(host, choice) },
    { label: t("换颜色"), icon: "palette", run: () => setTimeout(() => openColors(anchor, choice.color, (color) => host.put(withChoice(draft, choice.id, { color })))) },
    { label: t("去掉这个状态"), icon: "trash-2", danger: true, run: () => void removeState(host, choice) },
  ]);
}
