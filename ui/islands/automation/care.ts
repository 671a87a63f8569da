/** What is done with an automation as a whole: naming, copying, pausing, deleting it. */
import { api, showError } from "../api";
import { confirmDialog } from "../dialog/dialog";
import { t } from "../i18n";
import { askName } from "../table/ask-name";
import { toast } from "../toast/toast";
import { forget } from "./draft";
import type { Drafting } from "./drafting";
import type { Automation, Pause } from "./types";

/** Ask for another name. */
export async function rename(drafting: Drafting): Promise<void> {
  const done = await askName({
    heading: t("改名"),
    label: t("名称"),
    value: drafting.saved.name,
    action: t("保存"),
    run: async (name) => {
      const { id, version } = drafting.saved;
      drafting.named(await api.patch<Automation>(`/api/v1/automations/${id}`, { name, version }));
    },
  });
  if (done && !drafting.dirty) location.reload();
}

/** Make another automation like this one, with what is edited, and go there. */
export async function duplicate(drafting: Drafting): Promise<void> {
  const { id, name } = drafting.saved;
  try {
    await drafting.keep();
    const made = await api.post<Automation>(`/api/v1/automations/${id}/duplicate`, { name: t("{name} 的副本", { name }) });
    location.assign(`/automations/${made.id}`);
  } catch (failure) {
    showError(failure);
  }
}

/** Pause it, let it finish what waits and then pause it, or (null) let it go on. */
export async function setPause({ host, saved }: Drafting, mode: "pause" | "drain" | null): Promise<void> {
  try {
    await api.put(`/api/v1/automations/${saved.id}/pause`, { mode });
    const { pauses } = await api.get<{ pauses: Pause[] }>(`/api/v1/apps/${host.page.app}/automations/pauses`);
    host.page = { ...host.page, pause: pauses.find((one) => one.scope !== "automation" || one.id === saved.id) ?? null };
    toast(mode ? t("已暂停,触发的都记着,恢复后接着跑") : t("已恢复,记着的开始跑"));
  } catch (failure) {
    showError(failure);
  }
}

/** Delete it after a question that says what it takes along. `gone` is called before the page is left. */
export async function removeAutomation({ host, saved }: Drafting, gone: () => void): Promise<void> {
  let text = t("正在跑的会跑完,运行记录还在。以后的变化不再触发。");
  try {
    const { uses } = await api.get<{ uses: { text: string }[] }>(`/api/v1/automations/${saved.id}/uses`);
    const places = [...new Set(uses.map((use) => use.text))];
    if (places.length) text += t("{places} 会按不了,直到换一个自动化。", { places: places.join(t("、")) });
  } catch {
    // without the list the question is still asked
  }
  if (!(await confirmDialog({ heading: t("删除自动化「{name}」?", { name: saved.name }), text, action: t("删除"), danger: true }))) return;
  try {
    await api.delete(`/api/v1/automations/${saved.id}`);
    forget(saved.id);
    gone();
    location.assign(`/a/${host.page.app}`);
  } catch (failure) {
    showError(failure);
  }
}
