/** Makes the page open without a network: registers its service worker and tells it what the page is made of. */
import { wasmFile, workerFile } from "./decoder-files";

/** Everything under `/static/` and `/i18n/` that this page has loaded, and the decoder, which it may not have needed yet. */
function parts(): string[] {
  const loaded = performance
    .getEntriesByType("resource")
    .map((entry) => new URL(entry.name))
    .filter((address) => address.origin === location.origin && /^\/(static|i18n)\//.test(address.pathname))
    .map((address) => address.pathname + address.search);
  return [...new Set([...loaded, wasmFile, workerFile])];
}

/** Begin once the page is at rest. Does nothing where service workers are not to be had (plain http, old browsers). */
export function keepOnDevice(): void {
  if (!("serviceWorker" in navigator) || !globalThis.isSecureContext) return;
  const begin = async () => {
    try {
      await navigator.serviceWorker.register("/w/sw.js", { scope: "/w/" });
      const registration = await navigator.serviceWorker.ready;
      await import("./hb-scan"); // loaded at rest, so that it opens at once, and without a network
      const tell = () => registration.active?.postMessage({ type: "keep", files: parts() });
      tell();
      // Parts that are loaded later (the camera, a dialog) are kept as well.
      document.addEventListener("visibilitychange", () => document.hidden && tell());
    } catch (failure) {
      console.warn("the workbench is not kept on this device", failure);
    }
  };
  if (document.readyState === "complete") void begin();
  else addEventListener("load", () => void begin(), { once: true });
}
