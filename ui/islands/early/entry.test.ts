import { expect, it, vi } from "vitest";

it("keeps what is pressed before the scripts are there, and does the last of it when they are", async () => {
  document.body.innerHTML = `
    <button id="one" type="button">一</button><button id="two" type="button"><b>二</b></button><a id="link" href="#there">去</a>
    <form id="plain"><button id="sends">发</button></form>
    <form id="htmx" hx-post="/x"><button id="asks">问</button></form>`;
  const by = (id: string) => document.getElementById(id) as HTMLButtonElement;
  const done: string[] = [];
  document.addEventListener("click", (event) => done.push((event.target as Element).closest("[id]")!.id));
  for (const id of ["plain", "htmx"]) by(id).addEventListener("submit", (event) => (done.push(id), event.preventDefault()));
  await import("./entry");

  by("one").click();
  expect(done).toEqual([]);
  expect(by("one").getAttribute("aria-busy")).toBe("true");
  by("two").querySelector("b")!.click();
  expect(by("one").hasAttribute("aria-busy")).toBe(false);
  by("link").click(); // what the browser does by itself is left to it
  by("sends").click();
  expect(done).toEqual(["link", "sends", "plain"]);

  document.dispatchEvent(new Event("hb:started"));
  await vi.waitFor(() => expect(done).toEqual(["link", "sends", "plain", "two"]));
  expect(by("two").hasAttribute("aria-busy")).toBe(false);
  by("one").click();
  by("asks").click();
  expect(done.slice(4)).toEqual(["one", "asks", "htmx"]);
});
