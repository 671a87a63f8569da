/** Shared by the steps that tell people: who is meant, chosen from one list of members, roles and values. */
import { html, type TemplateResult } from "lit";
import { api } from "../../api";
import { t } from "../../i18n";
import type { HbSelect } from "../../select/hb-select";
import type { Option } from "../../select/options";
import { valueKey, type PartValue } from "../../template-text/parts";
import type { PageData } from "../types";
import { optionOf, valueOptions, type Surroundings } from "../values";
import type { StepHost } from "./ui";

export type Role = "owner" | "builder" | "editor" | "viewer";

interface Member {
  id: string;
  name: string;
  email: string;
  role: Role;
  active: boolean;
}

const members = new Map<string, Member[]>();
const asked = new Set<string>();

/** The members of the app; empty until they have been asked for, then the form is drawn again. */
function membersOf(host: StepHost): Member[] {
  const { app } = host.around.page;
  if (!asked.has(app)) {
    asked.add(app);
    api.get<{ members: Member[] }>(`/api/v1/apps/${app}/members`).then(
      (answer) => {
        members.set(app, answer.members.filter((one) => one.active));
        redraw(host);
      },
      () => asked.delete(app),
    );
  }
  return members.get(app) ?? [];
}

/** Draw the form again. */
export function redraw(host: StepHost): void {
  (host as unknown as { requestUpdate?: () => void }).requestUpdate?.();
}

/** What a member is called, also one who has left; "" when nobody knows. */
export function memberName(page: PageData, id: string): string {
  const known = page.people?.find((one) => one.id === id);
  if (known) return known.gone ? t("{name}(已离开)", { name: known.name }) : known.name;
  return members.get(page.app)?.find((one) => one.id === id)?.name ?? "";
}

export function roleName(role: Role): string {
  return { owner: t("所有者"), builder: t("搭建者"), editor: t("编辑者"), viewer: t("查看者") }[role];
}

/** Who is meant. `to`: addresses, where the step sends mail. */
export interface Audience {
  people?: string[];
  roles?: Role[];
  to?: string[];
  values?: PartValue[];
}

const roles: Role[] = ["owner", "builder", "editor", "viewer"];

/** Values that name people: fields that hold them, who made a record, who set the run off; for mail, also texts. */
function valuesFor(around: Surroundings, types: ReadonlySet<string>): Option[] {
  return valueOptions(around)
    .filter((option) => types.has(option.type ?? "") && !option.only && !option.make && option.value.kind !== "record_url")
    .map((option) => ({ value: `value:${valueKey(option.value)}`, label: option.label, icon: option.icon, group: option.group }));
}

function chosen(audience: Audience): string[] {
  return [
    ...(audience.people ?? []).map((id) => `person:${id}`),
    ...(audience.roles ?? []).map((role) => `role:${role}`),
    ...(audience.to ?? []).map((address) => `to:${address}`),
    ...(audience.values ?? []).map((value) => `value:${valueKey(value)}`),
  ];
}

/** The one control for all of them. `mail`: addresses can be typed; people and roles cannot be meant. */
export function audienceControl(host: StepHost, audience: Audience, put: (audience: Audience) => void, mail: boolean): TemplateResult {
  const found = mail ? [] : membersOf(host);
  const types = new Set(mail ? ["member", "email", "text", "long_text"] : ["member"]);
  const options: Option[] = [
    ...valuesFor(host.around, types),
    ...(mail ? [] : roles.map((role): Option => ({ value: `role:${role}`, label: t("全体{role}", { role: roleName(role) }), icon: "users", group: t("按角色") }))),
    ...found.map((one): Option => ({ value: `person:${one.id}`, label: one.name, sub: one.email, icon: "user-round", group: t("成员") })),
    ...(audience.to ?? []).map((address): Option => ({ value: `to:${address}`, label: address, icon: "mail", group: t("地址") })),
  ];
  const known = new Set(options.map((option) => option.value));
  for (const value of audience.values ?? []) {
    const key = `value:${valueKey(value)}`;
    if (!known.has(key)) options.push({ value: key, label: optionOf(host.around, value)?.label ?? t("已经不在了"), icon: "circle-help" });
  }
  for (const id of audience.people ?? []) if (!known.has(`person:${id}`)) options.push({ value: `person:${id}`, label: memberName(host.around.page, id) || t("已经不在了"), icon: "circle-help" });
  const read = (list: string[]): Audience => {
    const of = (kind: string) => list.filter((one) => one.startsWith(`${kind}:`)).map((one) => one.slice(kind.length + 1));
    const typed = mail ? list.filter((one) => !/^(value|to):/.test(one)) : [];
    return { people: of("person"), roles: of("role") as Role[], to: [...of("to"), ...typed], values: of("value").map((key) => JSON.parse(key) as PartValue) };
  };
  return html`<hb-select
    multiple
    search
    ?creatable=${mail}
    look="chip"
    label=${mail ? t("发给谁") : t("通知谁")}
    placeholder=${mail ? t("选一个字段,或写邮箱地址后回车") : t("选成员、角色,或记录里的人")}
    ?disabled=${host.locked}
    .options=${options}
    .value=${chosen(audience)}
    @change=${(event: Event) => {
      event.stopPropagation();
      put(read((event.currentTarget as HbSelect).value as string[]));
    }}
  ></hb-select>`;
}

/** Who is meant, in words. */
export function audienceWords(page: PageData, around: Surroundings, audience: Audience): string[] {
  return [
    ...(audience.values ?? []).map((value) => optionOf(around, value)?.label ?? "?"),
    ...(audience.roles ?? []).map((role) => t("全体{role}", { role: roleName(role) })),
    ...(audience.to ?? []),
    ...(audience.people ?? []).map((id) => memberName(page, id) || t("1 名成员")),
  ];
}
