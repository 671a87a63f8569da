import { beforeEach, expect, test } from "vitest";
import { flash, startFlash } from "./flash";

beforeEach(() => {
  sessionStorage.clear();
  document.body.innerHTML = "";
});

test("what is said before leaving is shown on the next page, once", () => {
  flash({ message: "装好了" });
  startFlash();
  expect(document.querySelector(".toast")?.textContent).toContain("装好了");
  document.body.innerHTML = "";
  startFlash();
  expect(document.querySelector(".toast")).toBeNull();
});

test("the server's event is kept for the next page, with its way back", () => {
  startFlash();
  document.dispatchEvent(new CustomEvent("hb:flash", { detail: { message: "装好了", undo: { method: "DELETE", path: "/x", then: "/" } } }));
  expect(document.querySelector(".toast")).toBeNull();
  startFlash();
  expect(document.querySelector(".toast .u")?.textContent).toBe("撤销");
});
