/** The banner that says the connection is lost, how much waits to be saved, and that it will be sent later. */
import { html, render } from "lit";
import { icon } from "../icons";
import { t } from "../i18n";
import { saves } from "../savequeue/savequeue";
import { toast } from "../toast/toast";

let banner: HTMLElement | null = null;
let waited = 0;

function draw(): void {
  const lost = saves.offline || navigator.onLine === false;
  if (!lost) {
    banner?.remove();
    banner = null;
    if (waited && !saves.count) {
      toast(t("已连上,{n} 处修改已保存", { n: waited }));
      waited = 0;
    }
    return;
  }
  waited = Math.max(waited, saves.count);
  if (!banner) {
    banner = document.createElement("div");
    banner.className = "offline floating";
    banner.setAttribute("role", "status");
    document.body.append(banner);
  }
  const text = saves.count
    ? t("连不上服务器,{n} 处修改先存在这里,连上后自动保存", { n: saves.count })
    : t("网络断开了,可以继续填,连上后自动保存");
  render(html`${icon("cloud-off")}<span>${text}</span><button type="button" class="btn s" @click=${() => saves.retry()}>${t("现在重试")}</button>`, banner);
}

export function startOffline(): void {
  saves.addEventListener("change", draw);
  addEventListener("online", draw);
  addEventListener("offline", draw);
  saves.addEventListener("lost", (event) => {
    const { failure } = (event as CustomEvent<{ failure: Error }>).detail;
    toast(t("断网时的一处修改没能保存:{reason}", { reason: failure.message }), { kind: "bad" });
  });
  waited = saves.restore();
  draw();
}
