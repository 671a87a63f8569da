/** Who may use a workbench, and whether scanning is on. */
import { html, type TemplateResult } from "lit";
import { t } from "../i18n";

export interface Role {
  value: string;
  name: string;
  words: string;
}

export interface RoleOptions {
  all: readonly Role[];
  members: Readonly<Record<string, number>>;
  chosen: readonly string[];
  scan: boolean;
  change(part: { roles?: string[]; scan?: boolean }): void;
}

export function rolesTemplate(options: RoleOptions): TemplateResult {
  const toggle = (role: string, on: boolean) => options.change({ roles: options.all.map((one) => one.value).filter((value) => (value === role ? on : options.chosen.includes(value))) });
  const people = options.chosen.reduce((sum, role) => sum + (options.members[role] ?? 0), 0);
  return html`<fieldset class="field"><legend class="lab">${t("哪些角色可以用")}</legend>
      <div class="stack wb-roles">${options.all.map(
        (role) => html`<label class="opt-row"><input class="ck" type="checkbox" .checked=${options.chosen.includes(role.value)} @change=${(event: Event) => toggle(role.value, (event.target as HTMLInputElement).checked)} />
          <span>${role.name} <span class="f3 t12">${t("{n} 人", { n: options.members[role.value] ?? 0 })}</span><span class="hint">${role.words}</span></span></label>`,
      )}</div>
      <p class="hint">${options.chosen.length ? t("现在有 {n} 位成员能用;管理员总是能用", { n: people }) : t("一个角色也没选,只有管理员能用")}</p>
    </fieldset>
    <label class="opt-row"><input class="sw" type="checkbox" role="switch" .checked=${options.scan} @change=${(event: Event) => options.change({ scan: (event.target as HTMLInputElement).checked })} />
      <span>${t("开启「扫码查单」权限")}<span class="hint">${options.scan ? t("可以用摄像头、面单照片和扫码枪查单") : t("只能手输单号查单")}</span></span></label>`;
}
