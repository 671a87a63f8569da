/** "Tell people inside the product". */
import { html } from "lit";
import { t } from "../../i18n";
import { describeParts, missing } from "../describe";
import { choose, row } from "../form-parts";
import { textControl } from "../value-control";
import { lists, reachable, toParts } from "../values";
import { audienceControl, audienceWords } from "./tell";
import type { StepHost, StepUi } from "./ui";

const merging = "merge:";

/** Lists of the trigger's own table: what may be the same as its record. */
function mergeable(host: StepHost): { value: string; label: string; icon: string }[] {
  const trigger = reachable(host.around).find((one) => one.of === "trigger");
  if (!trigger) return [];
  return lists(host.around)
    .filter((one) => one.table.id === trigger.table.id)
    .map((one) => ({ value: `${merging}${one.of}`, label: t("合并:触发的记录和{list}", { list: one.label }), icon: "merge" }));
}

export const notify: StepUi<"notify"> = {
  kind: "notify",
  color: "amber",
  group: "outside",
  failure: "inside",
  fresh: () => ({ kind: "notify", title: { kind: "text", parts: [] }, people: [], popup: false }),
  form: (host, config, set) => html`
    ${row(host, t("通知谁"), ["config.people", "config.roles", "config.values"], audienceControl(host, config, ({ people = [], roles = [], values = [] }) => set({ ...config, people, roles, values }), false), t("只有能进这个应用的人会收到"))}
    ${row(host, t("标题"), "config.title", textControl(host, t("标题"), config.title, true, (value) => set({ ...config, title: { kind: "text", parts: toParts(value) } }), t("一句话,按 / 插入字段")))}
    ${row(host, t("内容"), "config.text", textControl(host, t("内容"), config.text ?? { kind: "text", parts: [] }, false, (value) => set({ ...config, text: { kind: "text", parts: toParts(value) } }), t("可不填,按 / 插入字段")))}
    ${row(host, t("点开是"), ["config.link", "config.merge"], choose(host, t("点开是"), config.merge ? `${merging}${config.merge}` : (config.link ?? "trigger"), [...reachable(host.around).map((one) => ({ value: one.of, label: one.label, icon: "table" })), ...mergeable(host), { value: "", label: t("不带链接"), icon: "minus" }], (link) => set(link.startsWith(merging) ? { ...config, link: "trigger", merge: link.slice(merging.length) } : { ...config, link, merge: "" })))}
    <label class="opt-row"><input class="sw" type="checkbox" role="switch" .checked=${config.popup ?? false} ?disabled=${host.locked} @change=${(event: Event) => set({ ...config, popup: (event.target as HTMLInputElement).checked })} /><span>${t("在屏幕角落弹出来")}<span class="hint">${t("正在用的人马上看到,关掉之前一直在;不打断手上的事")}</span></span></label>`,
  describe: (page, definition, config) => {
    const around = { page, definition, step: "", sample: null, rehearsal: null };
    const who = audienceWords(page, around, config);
    return html`${who.length ? who.map((one) => html`<span class="chip">${one}</span>`) : missing()}${config.popup ? html`<span class="f3">· ${t("弹出")}</span>` : ""}<span class="au-said cut">${config.title.parts.length ? describeParts(page, definition, config.title.parts) : missing()}</span>`;
  },
};
