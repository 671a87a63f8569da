import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lucideHas, sprite, usedIcons } from "../build/icons.ts";

const root = join(import.meta.dirname, "../..");
const styles = join(root, "ui/styles");
const tokens = readFileSync(join(styles, "tokens.css"), "utf8");

function declarations(start: string): string[] {
  const from = tokens.indexOf("{", tokens.indexOf(start)) + 1;
  const body = tokens.slice(from, tokens.indexOf("}", from));
  return body.split(";").map((line) => line.replace(/\s+/g, " ").trim()).filter(Boolean);
}

describe("tokens", () => {
  it("are dark by system as they are dark by attribute", () => {
    expect(declarations(':root:not([data-theme="light"])')).toEqual(declarations('[data-theme="dark"]'));
  });

  it("hold all colours: no other style sheet writes one", () => {
    const sheets = [...readdirSync(styles).filter((name) => name.endsWith(".css") && name !== "tokens.css").map((name) => join(styles, name)), join(root, "ui/islands/grid/grid.css")];
    for (const sheet of sheets) {
      const text = readFileSync(sheet, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      expect(text.match(/#[0-9a-f]{3,8}\b/gi) ?? [], sheet).toEqual([]);
    }
  });
});

describe("icons", () => {
  it("that are asked for exist", () => {
    const asked = new Set<string>();
    const look = (folder: string) => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) look(path);
        else if (/\.(html|ts)$/.test(entry.name) && !entry.name.endsWith(".test.ts")) {
          for (const match of readFileSync(path, "utf8").matchAll(/\bicon(?:Element)?\(\s*"([a-z0-9-]+)"/g)) asked.add(match[1]!);
        }
      }
    };
    look(join(root, "ui/templates"));
    look(join(root, "ui/islands"));
    const unknown = [...asked].filter((name) => !lucideHas(name) && name !== "mark" && !name.startsWith("state-"));
    expect(unknown).toEqual([]);
    const listed = readFileSync(join(root, "ui/icons.txt"), "utf8").split("\n").filter((line) => line && !line.startsWith("#"));
    expect(listed.filter((name) => !lucideHas(name))).toEqual([]);
  });

  it("are all in the sprite, once", () => {
    const text = sprite(root);
    for (const name of ["plus", "inbox", "mark", "state-half"]) expect(text.split(`id="${name}"`).length, name).toBe(2);
    expect(usedIcons(root)).toContain("chevron-down");
  });
});
