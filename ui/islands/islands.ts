/**
 * Islands are loaded when their tag appears in the page, also when htmx brings it later: `<hb-filter>` loads
 * `ui/islands/<any folder>/hb-filter.ts`, which defines it. There is nothing to register.
 */
const modules = import.meta.glob(["./*/hb-*.ts", "!./**/*.test.ts"]);

const loaders = new Map(
  Object.entries(modules).map(([path, load]) => [path.slice(path.lastIndexOf("/") + 1, -".ts".length), load]),
);

const asked = new Set<string>();

/** Load the module of a custom element of ours. An unknown name is a mistake in a template, and is said. */
export function loadIsland(tag: string): void {
  if (asked.has(tag) || customElements.get(tag)) return;
  asked.add(tag);
  const load = loaders.get(tag);
  if (!load) return;
  load().catch((failure: unknown) => {
    asked.delete(tag);
    console.error(`island ${tag} could not be loaded`, failure);
  });
}

function loadWithin(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>(":not(:defined)")) loadIsland(element.localName);
}

export function startIslands(): void {
  loadWithin(document);
  new MutationObserver((mutations) => {
    for (const mutation of mutations) {
      for (const node of mutation.addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        if (node.matches(":not(:defined)")) loadIsland(node.localName);
        loadWithin(node);
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
}
