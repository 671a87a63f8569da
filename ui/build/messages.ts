/** The msgids that the islands use, as `messages.json` beside the build, so that the server sends only those. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const call = /\b(?:t|N_)\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/g;

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return name.endsWith(".ts") && !name.endsWith(".test.ts") ? [path] : [];
  });
}

/** Every msgid in a call of `t` or `N_` below `folder`, sorted. */
export function usedMessages(folder: string): string[] {
  const found = new Set<string>();
  for (const file of sources(folder)) {
    for (const [, literal] of readFileSync(file, "utf8").matchAll(call)) {
      const body = literal!.slice(1, -1).replace(/\\(.)/g, (_all, letter: string) => (letter === "n" ? "\n" : letter));
      found.add(body);
    }
  }
  return [...found].sort();
}

/** Vite plugin that writes the list. */
export function islandMessages(folder: string): Plugin {
  return {
    name: "huobiao-island-messages",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "messages.json", source: JSON.stringify(usedMessages(folder)) });
    },
  };
}
