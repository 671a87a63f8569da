/**
 * The draft of an automation on its way to the server: stored by itself while somebody edits, published, taken back, brought back
 * from a version, and settled where two have edited it.
 */
import { api, ApiError, showError, type Problem } from "../api";
import { debounce } from "../dom";
import { t } from "../i18n";
import type { Past } from "../past";
import { toast } from "../toast/toast";
import { conflictDialog } from "./conflict";
import { definitionOf, forget, keep, kept, same } from "./draft";
import { byStep } from "./tree";
import type { Automation, Definition, Draft, PageData } from "./types";
import { publishDialog, versionsDialog } from "./versions";

export interface DraftingHost {
  page: PageData;
  /** What is edited. */
  definition: Definition;
  /** What is still wrong, by step. */
  problems: Map<string, Problem[]>;
  /** Whether an answer of the server is waited for. */
  saving: boolean;
  readonly past: Past<Definition>;
  /** Edit another definition from now on. */
  show(next: Definition): void;
  /** Open the form of a step, or of the "trigger". */
  choose(id: string): void;
  requestUpdate(): void;
}

export class Drafting {
  /** The automation as the server has it. */
  saved: Automation;
  /** What runs. */
  published: Definition;
  /** What the server has of what is edited. */
  stored: Definition;
  /** The number of that draft's changes; 0: there is no draft. */
  #revision: number;
  #choosing = false;
  #keeping: Promise<boolean> | null = null;
  readonly #soon = debounce(() => void this.keep(), 800);

  constructor(readonly host: DraftingHost) {
    const { automation, draft } = host.page;
    this.saved = automation;
    this.published = definitionOf(automation);
    this.#revision = draft?.revision ?? 0;
    this.stored = draft ? { ...this.published, trigger: draft.trigger, steps: draft.steps } : this.published;
  }

  get #path(): string {
    return `/api/v1/automations/${this.saved.id}`;
  }

  /** Whether something is not on the server yet. */
  get dirty(): boolean {
    return !same(this.stored, this.host.definition);
  }

  /** Whether what is edited is another than what runs. */
  get unpublished(): boolean {
    return !same(this.published, this.host.definition);
  }

  /** Take up what did not reach the server last time. */
  restore(): void {
    const left = this.host.page.can_build ? kept(this.saved, this.#revision) : null;
    if (!left || same(left, this.host.definition)) return;
    this.host.definition = left;
    this.#soon();
    toast(t("恢复了上次没来得及存的改动"), { kind: "info" });
  }

  /** What is edited has changed: keep it on this device, and soon on the server. */
  changed(): void {
    if (!this.dirty) return forget(this.saved.id);
    keep(this.saved.id, this.#revision, this.host.definition);
    this.#soon();
  }

  /* ---- storing ---- */

  /** Store what is edited as the draft; false when that failed. */
  async keep(): Promise<boolean> {
    if (!this.host.page.can_build) return false;
    while (this.#keeping) await this.#keeping;
    if (!this.dirty) return true;
    this.#keeping = this.#send();
    try {
      return await this.#keeping;
    } finally {
      this.#keeping = null;
    }
  }

  async #send(): Promise<boolean> {
    const { host } = this;
    const sent = host.definition;
    host.saving = true;
    try {
      const { draft } = await api.put<{ draft: Draft | null }>(`${this.#path}/draft`, { trigger: sent.trigger, steps: sent.steps, revision: this.#revision });
      this.#revision = draft?.revision ?? 0;
      this.stored = sent;
      if (!this.dirty) {
        forget(this.saved.id);
        if (draft) host.problems = byStep(sent, draft.problems.filter((problem) => problem.code !== "no_steps"));
      }
      return true;
    } catch (failure) {
      if (this.#overtaken(failure)) void this.#choose();
      else if (failure instanceof ApiError && failure.status === 409) toast(failure.message, { kind: "bad", life: 30_000, action: t("刷新"), run: () => this.#reload() });
      else this.#refused(failure, false);
      return false;
    } finally {
      host.saving = false;
      host.requestUpdate();
    }
  }

  /** Whether somebody else has changed the draft meanwhile. */
  #overtaken(failure: unknown): boolean {
    return failure instanceof ApiError && failure.code === "draft_changed";
  }

  /** Somebody else has changed the draft: look at theirs, and take one of the two. */
  async #choose(): Promise<void> {
    if (this.#choosing) return;
    const { host } = this;
    this.#choosing = true;
    try {
      const [{ draft }, now] = await Promise.all([api.get<{ draft: Draft | null }>(`${this.#path}/draft`), api.get<Automation>(this.#path)]);
      const published = definitionOf({ ...this.saved, ...now });
      const theirs = draft ? { ...published, trigger: draft.trigger, steps: draft.steps } : published;
      const choice = await conflictDialog(host.page, draft, theirs, host.definition);
      if (!choice) return;
      this.saved = { ...this.saved, ...now };
      this.published = published;
      this.#revision = draft?.revision ?? 0;
      this.stored = theirs;
      if (choice === "theirs") {
        forget(this.saved.id);
        host.past.left(host.definition);
        host.problems = draft ? byStep(theirs, draft.problems) : new Map();
        host.show(theirs);
      } else {
        host.requestUpdate();
        window.setTimeout(() => void this.keep());
      }
    } catch (failure) {
      showError(failure);
    } finally {
      this.#choosing = false;
    }
  }

  #reload(): void {
    forget(this.saved.id);
    this.stored = this.host.definition;
    location.reload();
  }

  /* ---- publishing ---- */

  /** Make what is edited what runs, after a look at what is different. */
  async publish(): Promise<void> {
    const { host } = this;
    if (!(await this.keep())) return;
    const wanted = await publishDialog(host.page, host.page.published ? this.published : null, host.definition, this.saved.enabled);
    if (!wanted) return;
    host.saving = true;
    try {
      const done = await api.post<Automation>(`${this.#path}/publish`, { note: wanted.note, version: this.saved.version, revision: this.#revision, enable: this.saved.enabled || wanted.enable });
      this.#took(done);
      this.#revision = 0;
      host.page = { ...host.page, trouble: null, published: (host.page.published ?? 0) + 1 };
      toast(done.enabled ? t("已发布,从现在起的变化按新的做") : t("已发布,还没有启用"));
    } catch (failure) {
      if (this.#overtaken(failure)) void this.#choose();
      else this.#refused(failure, wanted.enable);
    } finally {
      host.saving = false;
    }
  }

  /** What the server says the automation is now. */
  #took(done: Automation): void {
    this.saved = { ...this.saved, ...done };
    this.published = definitionOf(this.saved);
    this.host.definition = this.stored = this.published;
    this.host.problems = new Map();
    forget(this.saved.id);
  }

  /** Switch it on or off; one that was never published, or that a deletion switched off, is published first. */
  async toggle(): Promise<void> {
    const on = !this.saved.enabled;
    const mended = this.unpublished && this.host.page.trouble?.stopped;
    if (on && (!this.host.page.published || mended)) return this.publish();
    if (await this.#switch(on)) toast(on ? t("已启用,从现在起的变化会触发它") : t("已停用,正在跑的会跑完"));
    else this.host.requestUpdate();
  }

  async #switch(enabled: boolean): Promise<boolean> {
    this.host.saving = true;
    try {
      const done = await api.patch<Automation>(this.#path, { enabled, version: this.saved.version });
      this.saved = { ...this.saved, enabled: done.enabled, version: done.version };
      return true;
    } catch (failure) {
      this.#refused(failure, enabled);
      return false;
    } finally {
      this.host.saving = false;
    }
  }

  #refused(failure: unknown, enabled: boolean): void {
    if (!(failure instanceof ApiError) || !failure.problems.length) return showError(failure);
    const { host } = this;
    host.problems = byStep(host.definition, failure.problems);
    const first = [...host.problems.keys()].find((id) => id !== "") ?? "";
    const words = enabled && !this.saved.enabled ? t("还不能启用:{n} 处要补上", { n: failure.problems.length }) : t("还不能发布:{n} 处要补上", { n: failure.problems.length });
    const general = host.problems.get("")?.[0]?.message;
    toast(general ? `${words}. ${general}` : words, { kind: "bad", life: 8_000 });
    if (first) host.choose(first);
  }

  /** What is still missing of an automation that is switched off. */
  async check(): Promise<void> {
    if (!this.host.page.can_build || this.dirty) return;
    try {
      const { problems } = await api.get<{ problems: Problem[] }>(`${this.#path}/problems`);
      const found = problems.filter((problem) => problem.code !== "no_steps");
      if (!this.dirty) this.host.problems = byStep(this.host.definition, found);
    } catch {
      // Only a help; saving says the same.
    }
  }

  /* ---- going back ---- */

  /** Forget the draft: back to what runs. */
  async revert(): Promise<void> {
    const { host } = this;
    try {
      await this.#keeping;
      await api.delete(`${this.#path}/draft?revision=${this.#revision}`);
    } catch (failure) {
      if (this.#overtaken(failure)) return this.#choose();
      return showError(failure);
    }
    const before = host.definition;
    host.past.clear();
    host.problems = new Map();
    this.#revision = 0;
    this.stored = this.published;
    host.show(this.published);
    void this.check();
    toast(t("已丢掉草稿"), { action: t("撤销"), run: () => host.show(before) });
  }

  /** Choose an earlier version, and put it into the draft. */
  async versions(): Promise<void> {
    const { host } = this;
    await this.keep();
    const number = await versionsDialog({ ...host.page, automation: this.saved }, host.definition);
    if (number === null) return;
    try {
      const { draft } = await api.post<{ draft: Draft | null }>(`${this.#path}/versions/${number}/restore`, { revision: this.#revision });
      this.#revision = draft?.revision ?? 0;
      const next = draft ? { ...host.definition, trigger: draft.trigger, steps: draft.steps } : { ...this.published };
      host.past.left(host.definition);
      this.stored = next;
      host.show(next);
      host.problems = draft ? byStep(next, draft.problems) : new Map();
      toast(t("第 {n} 版已放进草稿,发布后才运行", { n: number }));
    } catch (failure) {
      if (this.#overtaken(failure)) return this.#choose();
      showError(failure);
    }
  }

  /** It has another name now. */
  named({ name, version }: Automation): void {
    this.saved = { ...this.saved, name, version };
    const { host } = this;
    [this.published, this.stored, host.definition] = [this.published, this.stored, host.definition].map((one) => ({ ...one, name })) as [Definition, Definition, Definition];
  }
}
