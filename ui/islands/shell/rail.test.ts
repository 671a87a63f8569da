import { expect, test } from "vitest";
import { startRail } from "./rail";

test("a search of the rail that finds nothing says so", () => {
  document.body.innerHTML = `<label class="rail-find"><input type="search"></label>
    <div class="rail-scroll"><div class="rail-sec"><a class="rail-i">订单</a></div></div>`;
  startRail();
  const box = document.querySelector<HTMLInputElement>("input")!;
  const search = (words: string) => {
    box.value = words;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  search("退货");
  expect(document.querySelector(".rail-lost")?.textContent).toBe("没有找到「退货」");
  search("订");
  expect(document.querySelector(".rail-lost")?.textContent).toBe("");
});
