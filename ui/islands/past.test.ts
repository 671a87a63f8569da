import { describe, expect, it } from "vitest";
import { Past } from "./past";

function editor() {
  const past = new Past<number | null>();
  const made = {
    past,
    value: 0 as number | null,
    set(next: number | null) {
      past.left(made.value);
      made.value = next;
    },
    show: (next: number | null) => void (made.value = next),
    key(key: string, extra: KeyboardEventInit = {}) {
      const event = new KeyboardEvent("keydown", { key, ctrlKey: true, cancelable: true, ...extra });
      document.body.addEventListener("keydown", (heard) => past.key(heard, made.value, made.show), { once: true });
      document.body.dispatchEvent(event);
      return event.defaultPrevented;
    },
  };
  return made;
}

describe("past", () => {
  it("goes back and forward, also over values that are nothing", () => {
    const one = editor();
    one.set(null);
    one.set(2);
    one.past.back(one.value, one.show);
    expect(one.value).toBeNull();
    one.past.back(one.value, one.show);
    expect(one.value).toBe(0);
    one.past.back(one.value, one.show);
    expect(one.value).toBe(0);
    one.past.forward(one.value, one.show);
    one.past.forward(one.value, one.show);
    one.past.forward(one.value, one.show);
    expect(one.value).toBe(2);
  });

  it("forgets what was taken back once something new is done", () => {
    const one = editor();
    one.set(1);
    one.past.back(one.value, one.show);
    one.set(5);
    one.past.forward(one.value, one.show);
    expect(one.value).toBe(5);
  });

  it("remembers a hundred steps", () => {
    const one = editor();
    for (let i = 1; i <= 150; i += 1) one.set(i);
    for (let i = 0; i < 150; i += 1) one.past.back(one.value, one.show);
    expect(one.value).toBe(50);
  });

  it("hears the keys for it, and no others", () => {
    const one = editor();
    expect(one.key("z")).toBe(false);
    one.set(1);
    expect(one.key("x")).toBe(false);
    expect(one.key("z", { ctrlKey: false })).toBe(false);
    expect(one.key("z")).toBe(true);
    expect(one.value).toBe(0);
    expect(one.key("Z", { shiftKey: true })).toBe(true);
    expect(one.value).toBe(1);
    one.key("z");
    expect(one.key("y")).toBe(true);
    expect(one.value).toBe(1);
    one.past.clear();
    expect(one.past.any).toBe(false);
    expect(one.key("z")).toBe(false);
  });
});
