import { describe, expect, it } from "vitest";
import { markdownHtml } from "./markdown";
import { plainMarkdown, prefixed, wrapped } from "./markdown-tools";
import { jsonFault, lineJson, prettyJson } from "./types/json";

describe("Markdown", () => {
  it("is formatted", () => {
    expect(markdownHtml("**急**\n- 甲\n- 乙")).toContain("<strong>急</strong>");
    expect(markdownHtml("看 https://example.com/a")).toContain('target="_blank" rel="noopener noreferrer nofollow"');
  });
  it("lets no HTML, script address or picture through", () => {
    for (const source of ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<b>)", "![x](https://evil.example/a.png)", '[x](https://a.example "onclick=alert(1)")', "<a href='javascript:1'>x</a>", "[x](vbscript:1)", "<https://a.example/'onclick='1>"]) {
      const page = new DOMParser().parseFromString(markdownHtml(source), "text/html");
      expect(page.querySelector("script, img, iframe, style")).toBeNull();
      for (const element of page.querySelectorAll("*")) {
        for (const { name } of element.attributes) expect(["href", "target", "rel", "title"]).toContain(name);
        expect(element.getAttribute("href") ?? "https:").toMatch(/^(https?:|mailto:)/);
      }
    }
  });
  it("is plain in a cell", () => {
    expect(plainMarkdown("## 标题\n- **急** [链接](https://a.example) `码`\n> 引用 2*3*4")).toBe("标题\n急 链接 码\n引用 2*3*4");
  });
  it("is written by tools", () => {
    expect(wrapped({ value: "a急b", start: 1, end: 2 }, "**")).toEqual({ value: "a**急**b", start: 3, end: 4 });
    expect(wrapped({ value: "a**急**b", start: 3, end: 4 }, "**")).toEqual({ value: "a急b", start: 1, end: 2 });
    expect(prefixed({ value: "甲\n乙", start: 0, end: 3 }, "1. ").value).toBe("1. 甲\n2. 乙");
    expect(prefixed({ value: "- 甲\n- 乙", start: 0, end: 7 }, "- ").value).toBe("甲\n乙");
  });
});

describe("JSON", () => {
  it("is one line in cells and laid out in panels", () => {
    expect(lineJson({ a: [1] })).toBe('{"a":[1]}');
    expect(prettyJson({ a: 1 })).toBe('{\n  "a": 1\n}');
    expect(prettyJson('{"号": 12345678901234567890}')).toBe('{"号": 12345678901234567890}');
    expect(prettyJson("{没写完")).toBe("{没写完");
  });
  it("says where it is wrong", () => {
    expect(jsonFault('{"a": 1}')).toBe("");
    expect(jsonFault("")).toBe("");
    expect(jsonFault('{"a": }')).toMatch(/第 1 行/);
  });
});
