/**
 * The service worker of workbenches, served as `/w/sw.js` (its place lets it serve `/w/…` and nothing else). It keeps the
 * page, its scripts and the decoder on the device, so that a workbench opens without a network; the data of cards is kept by
 * the page itself. Pages come from the network while there is one; built files never change and come from the device.
 *
 * The page sends `{type: "keep", files: […]}` with what it needs; what is not needed any more is dropped.
 */

interface Extendable extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Told extends Extendable {
  data: { type?: string; files?: string[] } | null;
}
interface Scope {
  location: Location;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: Told) => void): void;
}

const scope = self as unknown as Scope;
const files = "hb-wb-files";
const pages = "hb-wb-pages";
/** A network that answers later than this is as good as none. */
const patience = 5_000;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener("message", (event) => {
  if (event.data?.type === "keep" && event.data.files) event.waitUntil(keep(event.data.files));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== scope.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, address));
  else if (address.pathname.startsWith("/static/") || address.pathname.startsWith("/i18n/")) event.respondWith(file(request));
});

/** Have these files on the device, and no others that were built earlier. */
async function keep(wanted: string[]): Promise<void> {
  const cache = await caches.open(files);
  const addresses = new Set(wanted.map((path) => new URL(path, scope.location.origin).href));
  for (const request of await cache.keys()) if (!addresses.has(request.url)) await cache.delete(request);
  await Promise.all(
    [...addresses].map(async (address) => {
      if (await cache.match(address)) return;
      const answer = await fetch(address);
      if (answer.ok) await cache.put(address, answer);
    }),
  );
}

/** A page from the network; without one, as it was last. The address's query makes no other page. */
async function page(request: Request, address: URL): Promise<Response> {
  const cache = await caches.open(pages);
  const key = address.origin + address.pathname;
  try {
    const answer = await inTime(fetch(request));
    // A redirect leads to the sign-in page: what is kept belongs to somebody who is signed in no more.
    if (answer.ok && answer.type === "basic" && !answer.redirected) await cache.put(key, answer.clone());
    else if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) await cache.delete(key);
    return answer;
  } catch (failure) {
    const kept = await cache.match(key);
    if (kept) return kept;
    throw failure;
  }
}

function inTime(answer: Promise<Response>): Promise<Response> {
  const late = new Promise<Response>((_resolve, reject) => setTimeout(() => reject(new Error("too late")), patience));
  return Promise.race([answer, late]);
}

async function file(request: Request): Promise<Response> {
  const cache = await caches.open(files);
  return (await cache.match(request)) ?? (await fetch(request));
}
