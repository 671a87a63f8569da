/** The menu of a workbench. */
import htmx from "htmx.org";
import { t } from "../i18n";
import { openMenu, type MenuItem } from "../menu/menu";
import { isSilent, setSilent } from "./feedback";
import type { PageData } from "./types";

/** Where else to go from the bench, and what this device does. `record`: the one whose card is shown. */
export function openBenchMenu(anchor: HTMLElement, { app, can_build: canBuild, person, workbench }: PageData, record: string | null): void {
  const open = (path: string) => void htmx.ajax("get", path, { target: "#dialog" });
  const items: MenuItem[] = [
    ...(record ? [{ label: t("打开完整记录"), icon: "panel-right", href: `/r/${record}` }] : []),
    { label: t("打开应用「{name}」", { name: app.name }), icon: "layout-grid", href: `/a/${app.id}` },
    { label: t("给别的手机用"), icon: "qr-code", run: () => open(`/w/${workbench.slug}/share`) },
    ...(canBuild ? [{ label: t("工作台设置"), icon: "settings", run: () => open(`/workbenches/${workbench.id}/edit`) }] : []),
    { label: t("查到时响一声"), icon: "volume-2", checked: !isSilent(), run: () => setSilent(!isSilent()) },
    "separator",
    { label: t("退出登录"), icon: "log-out", sub: person.name, run: () => document.querySelector<HTMLFormElement>("#sign-out")?.requestSubmit() },
  ];
  openMenu(anchor, items, { align: "end" });
}
