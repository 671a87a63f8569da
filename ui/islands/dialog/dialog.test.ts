import { afterEach, describe, expect, it } from "vitest";
import { HbDialog, confirmDialog, openDialog } from "./dialog";
import { openMenu } from "../menu/menu";
import { toast, toastUndo } from "../toast/toast";

const one = (selector: string) => document.querySelector<HTMLElement>(selector)!;

afterEach(() => document.body.replaceChildren());

describe("dialogs", () => {
  it("answer with what was chosen and give the focus back", async () => {
    const opener = document.createElement("button");
    document.body.append(opener);
    opener.focus();
    const answer = confirmDialog({ heading: "删除 37 条?", action: "删除 37 条", danger: true });
    const button = one("dialog .btn.d");
    expect(button.textContent!.trim()).toBe("删除 37 条");
    button.click();
    expect(await answer).toBe(true);
    expect(document.querySelector("dialog")).toBeNull();
    expect(document.activeElement).toBe(opener);
  });

  it("answer nothing when they are dismissed", async () => {
    const answer = openDialog({ heading: "甲", actions: [{ label: "好", value: 1 }] });
    one("dialog .icb").click();
    expect(await answer).toBeNull();
  });

  it("stay open while something in them is wrong", async () => {
    let good = false;
    const answer = openDialog({ heading: "甲", actions: [{ label: "好", value: 1 }], before: () => good });
    one("dialog .dlg-f .btn").click();
    await Promise.resolve();
    expect(document.querySelector("dialog")!.open).toBe(true);
    good = true;
    one("dialog .dlg-f .btn").click();
    expect(await answer).toBe(1);
  });
});

describe("the place for dialogs of the server", () => {
  it("opens also what was there before the page's scripts were", () => {
    document.body.innerHTML = '<hb-dialog-early><div data-size="xl"><div class="dlg-h"><h2>安装</h2></div></div></hb-dialog-early>';
    customElements.define("hb-dialog-early", class extends HbDialog {});
    const dialog = document.querySelector("dialog")!;
    expect(dialog.open).toBe(true);
    expect(dialog.classList.contains("xl")).toBe(true);
    expect(dialog.textContent).toContain("安装");
  });
});

describe("menus", () => {
  it("show why something cannot be chosen, and do not do it", () => {
    let ran = 0;
    const anchor = document.createElement("button");
    document.body.append(anchor);
    openMenu(anchor, [
      { label: "删除", disabled: true, sub: "只有所有者能删", run: () => (ran += 1) },
      { label: "复制", run: () => (ran += 10) },
    ]);
    const items = document.querySelectorAll<HTMLElement>(".menu-i");
    expect(items[0]!.textContent).toContain("只有所有者能删");
    items[0]!.click();
    items[1]!.click();
    expect(ran).toBe(10);
  });
});

describe("toasts", () => {
  it("offer to undo what was done last", () => {
    const undone: string[] = [];
    toastUndo("已改 1", () => undone.push("1"));
    toastUndo("已改 2", () => undone.push("2"));
    expect(document.querySelectorAll(".toast").length).toBe(1);
    one(".toast .u").click();
    expect(undone).toEqual(["2"]);
    expect(document.querySelector(".toast")).toBeNull();
  });

  it("keep an error until it is closed, with its code in small print", () => {
    toast("没有保存", { kind: "bad", code: "bad_value" });
    expect(one(".toast.bad small").textContent).toBe("bad_value");
    one(".toast.bad .icb").click();
    expect(document.querySelector(".toast.bad")).toBeNull();
  });
});
