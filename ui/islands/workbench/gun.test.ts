import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Burst, keyOf, listenForScans } from "./gun";

function typed(text: string, gap: number, endAfter = gap): string | null {
  const burst = new Burst();
  let at = 1000;
  for (const char of text) {
    burst.take({ char, end: false }, at);
    at += gap;
  }
  return burst.take({ char: null, end: true }, at - gap + endAfter);
}

describe("bursts", () => {
  test("a gun is fast and ends with Enter", () => expect(typed("sf1402884102760", 4)).toBe("SF1402884102760"));
  test("full-width characters become half-width", () => expect(typed("ＳＦ１４０２８８", 8)).toBe("SF140288"));
  test("a person is slower", () => expect(typed("sf1402884102760", 80)).toBeNull());
  test("short texts are no codes", () => expect(typed("ab12", 4)).toBeNull());
  test("Enter long after is not the gun's", () => expect(typed("sf1402884102760", 4, 400)).toBeNull());
  test("what was typed slowly before does not belong to it", () => {
    const burst = new Burst();
    burst.take({ char: "x", end: false }, 0);
    [..."YT1234567890123"].forEach((char, index) => burst.take({ char, end: false }, 500 + index * 5));
    expect(burst.take({ char: null, end: true }, 580)).toBe("YT1234567890123");
  });
  test("Shift between the letters does not matter", () => {
    const burst = new Burst();
    [..."SF1402884102760"].forEach((char, index) => {
      burst.take({ char: null, end: false }, index * 8);
      burst.take({ char, end: false }, index * 8 + 2);
    });
    expect(burst.take({ char: null, end: true }, 125)).toBe("SF1402884102760");
  });
});

const press = (key: string, more: Partial<KeyboardEvent> = {}) => ({ key, code: "", keyCode: 0, isComposing: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

describe("keys", () => {
  test("characters, ends, and what is neither", () => {
    expect(keyOf(press("a"))).toEqual({ char: "a", end: false });
    expect(keyOf(press("Enter"))).toEqual({ char: null, end: true });
    expect(keyOf(press("Tab"))).toEqual({ char: null, end: true });
    expect(keyOf(press("Shift"))).toEqual({ char: null, end: false });
    expect(keyOf(press("v", { ctrlKey: true }))).toEqual({ char: null, end: false });
  });
  test("under an input method the place on the keyboard tells", () => {
    expect(keyOf(press("Process", { code: "KeyS", keyCode: 229, isComposing: true })).char).toBe("S");
    expect(keyOf(press("Process", { code: "Digit4", keyCode: 229 })).char).toBe("4");
    expect(keyOf(press("Process", { code: "Enter", keyCode: 229 })).end).toBe(true);
  });
});

describe("on the page", () => {
  let stop = () => {};
  beforeEach(() => (document.body.innerHTML = '<input value="旧" /><button></button>'));
  afterEach(() => stop());

  function shoot(target: Element, code: string): void {
    for (const char of code) {
      target.dispatchEvent(new KeyboardEvent("keydown", { key: char, bubbles: true, cancelable: true }));
      if (target instanceof HTMLInputElement) target.value += char;
    }
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  }

  test("a scan is heard wherever the focus is, and leaves the field as it was", () => {
    const heard = vi.fn();
    stop = listenForScans(heard);
    const input = document.querySelector("input")!;
    shoot(input, "SF1402884102760");
    expect(heard).toHaveBeenCalledWith("SF1402884102760", expect.any(Number));
    expect(input.value).toBe("旧");
    shoot(document.querySelector("button")!, "YT1234567890123");
    expect(heard).toHaveBeenLastCalledWith("YT1234567890123", expect.any(Number));
  });

  test("not while a dialog asks something, and not after stopping", () => {
    const heard = vi.fn();
    stop = listenForScans(heard);
    document.body.insertAdjacentHTML("beforeend", "<dialog open></dialog>");
    shoot(document.body, "SF1402884102760");
    document.querySelector("dialog")!.remove();
    stop();
    shoot(document.body, "SF1402884102760");
    expect(heard).not.toHaveBeenCalled();
  });
});
