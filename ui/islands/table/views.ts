/** The views of a table over the API: make, rename, copy, delete, order, save. */
import { api, ApiError, showError } from "../api";
import { confirmDialog } from "../dialog/dialog";
import { t } from "../i18n";
import { toast } from "../toast/toast";
import { askName } from "./ask-name";
import type { ViewDraft, ViewParts } from "./draft";
import type { View } from "./info";

export interface ViewsHost {
  readonly table: string;
  readonly views: readonly View[];
  /** The views are these now; open one of them. */
  setViews(views: View[], open?: string): void;
  /** Look again at what the server has. */
  reload(): Promise<void>;
}

export class Views {
  /** The order that is to be sent next. */
  #order: string[] | null = null;
  #sending = false;

  constructor(private readonly host: ViewsHost) {}

  #freeName(): string {
    const taken = new Set(this.host.views.map((view) => view.name));
    for (let number = this.host.views.length + 1; ; number++) {
      const name = t("视图 {n}", { n: number });
      if (!taken.has(name)) return name;
    }
  }

  /** A new view with what is given (nothing: everything is shown). */
  create(parts: Partial<ViewParts> = {}): Promise<boolean> {
    return askName({
      heading: t("新建视图"),
      label: t("视图名字"),
      value: "",
      action: t("新建"),
      run: async (name) => {
        const view = await api.post<View>(`/api/v1/tables/${this.host.table}/views`, { name: name || this.#freeName(), ...parts });
        this.host.setViews([...this.host.views, view], view.id);
      },
    });
  }

  rename(view: View): Promise<boolean> {
    return askName({
      heading: t("重命名视图"),
      label: t("视图名字"),
      value: view.name,
      action: t("保存"),
      run: async (name) => this.#replace(await api.patch<View>(`/api/v1/views/${view.id}`, { name })),
    });
  }

  async duplicate(view: View): Promise<void> {
    try {
      const copy = await api.post<View>(`/api/v1/views/${view.id}/duplicate`);
      this.host.setViews([...this.host.views, copy], copy.id);
      toast(t("已复制成「{name}」", { name: copy.name }));
    } catch (failure) {
      showError(failure);
    }
  }

  async remove(view: View): Promise<void> {
    const text = t("只删这种看法,记录都还在。删掉的视图在回收站里,可以恢复。");
    if (!(await confirmDialog({ heading: t("删除视图「{name}」?", { name: view.name }), text, action: t("删除"), danger: true }))) return;
    try {
      await api.delete(`/api/v1/views/${view.id}`);
      const left = this.host.views.filter((other) => other.id !== view.id);
      this.host.setViews(left, left[0]?.id);
      toast(t("已删除视图「{name}」", { name: view.name }));
    } catch (failure) {
      showError(failure);
    }
  }

  /** An order is on its way to the server; what the server says meanwhile is older. */
  get ordering(): boolean {
    return this.#sending;
  }

  /** Put the views into this order. One order is sent at a time, the newest last, so that none overtakes another. */
  async reorder(ids: string[]): Promise<void> {
    const wanted = ids.map((id) => this.host.views.find((view) => view.id === id)).filter((view): view is View => view !== undefined);
    this.host.setViews(wanted);
    this.#order = ids;
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#order) {
        const next = this.#order;
        this.#order = null;
        await api.post(`/api/v1/tables/${this.host.table}/views/order`, { ids: next });
      }
    } catch (failure) {
      this.#order = null;
      showError(failure);
    } finally {
      this.#sending = false;
    }
    await this.host.reload();
  }

  /** Save a person's changes for everybody; true if it worked. */
  async save(draft: ViewDraft): Promise<boolean> {
    const { changes, base } = draft;
    if (!changes) return true;
    try {
      const saved = await api.patch<View>(`/api/v1/views/${base.id}?version=${base.version}`, changes);
      draft.rebase(saved);
      this.#replace(saved);
      toast(t("视图已保存"));
      return true;
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "version_conflict") {
        await this.host.reload();
        toast(t("这个视图刚被别人改过,已换成最新的。你的修改还在,看一眼再保存"), { kind: "bad" });
      } else showError(failure);
      return false;
    }
  }

  #replace(view: View): void {
    this.host.setViews(this.host.views.map((other) => (other.id === view.id ? view : other)));
  }
}
