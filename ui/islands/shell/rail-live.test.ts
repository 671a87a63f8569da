import { describe, expect, it } from "vitest";
import { apply } from "./rail-live";

describe("the rail follows", () => {
  it("numbers and dots as they are now, and leaves what it does not know", () => {
    document.body.innerHTML = `<header class="top"><a data-alerts hidden><span class="badge">0</span></a></header>
      <div class="rail-scroll"><a class="rail-i" href="/t/tbl1"><span class="n">1</span></a><a class="rail-i" href="/automations/aut1"></a><a class="rail-i" href="/automations/aut2"><span class="dot danger"></span></a><a class="rail-i" href="/new">new</a></div>`;
    apply({ entries: [
      { href: "/t/tbl1", count: 12431, mark: "", mark_text: "" },
      { href: "/automations/aut1", count: null, mark: "danger", mark_text: "2 次运行失败" },
      { href: "/automations/aut2", count: null, mark: "", mark_text: "" },
    ], alerts: 2 });
    expect(document.querySelector(".n")!.textContent).toBe("12,431");
    expect(document.querySelector('[href="/automations/aut1"] .dot.danger')!.getAttribute("aria-label")).toBe("2 次运行失败");
    expect(document.querySelector('[href="/automations/aut2"] .dot')).toBeNull();
    expect(document.querySelector<HTMLElement>("[data-alerts]")!.hidden).toBe(false);
    expect(document.querySelector(".badge")!.textContent).toBe("2");
    apply({ entries: [], alerts: 0 });
    expect(document.querySelector<HTMLElement>("[data-alerts]")!.hidden).toBe(true);
  });
});
