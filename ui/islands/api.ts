/**
 * The product's own HTTP API from the browser: same-origin JSON, CSRF header, one key per POST so that a repeat is
 * harmless, problem documents (RFC 9457) as {@link ApiError}.
 *
 *     const table = await api.get<Table>(`/api/v1/tables/${id}`);
 *     await api.patch(`/api/v1/tables/${id}`, { name });
 */
import { t } from "./i18n";
import { toast } from "./toast/toast";

/** One thing wrong: which field, why, and what to do (in the reader's language). */
export interface Problem {
  code: string;
  message: string;
  field?: string | null;
  field_name?: string | null;
  path?: string | null;
}

/** The server understood and refused, or failed. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: Problem[] = [],
    readonly body: unknown = null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** The message for a field, by its id or name, or null. */
  of(field: string): string | null {
    return this.problems.find((problem) => problem.field === field || problem.field_name === field)?.message ?? null;
  }
}

/** The server could not be reached; what was sent may be sent again. */
export class Disconnected extends Error {
  constructor() {
    super(t("连不上服务器,请检查网络"));
    this.name = "Disconnected";
  }
}

export interface RequestOptions {
  params?: Record<string, string | number | boolean | null | undefined>;
  signal?: AbortSignal;
  /** Repeating a POST with the same key does it once. Made anew if left out. */
  idempotencyKey?: string;
  /** It is sent although the page is left at once; for small bodies. */
  keepalive?: boolean;
}

/** The page's CSRF token, "" on pages without a session. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** A random key of 32 hexadecimal digits; works on plain http too, unlike `crypto.randomUUID`. */
export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function address(path: string, params: RequestOptions["params"]): string {
  const given = Object.entries(params ?? {}).filter(([, value]) => value !== null && value !== undefined);
  if (!given.length) return path;
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `${path}${path.includes("?") ? "&" : "?"}${query}`;
}

/** Read an answer that is not a success. */
async function refusal(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // A proxy's HTML page says nothing a person could use.
  }
  const message = [body.detail, body.title].find((text) => typeof text === "string" && text) as string | undefined;
  const code = typeof body.code === "string" ? body.code : `http_${response.status}`;
  const problems = Array.isArray(body.problems) ? (body.problems as Problem[]) : [];
  return new ApiError(response.status, code, message ?? t("服务器没能完成,请再试一次"), problems, body);
}

async function request<T>(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken();
  if (method === "POST") headers["Idempotency-Key"] = options.idempotencyKey ?? randomKey();
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(address(path, options.params), {
      method,
      headers,
      credentials: "same-origin",
      body: body === undefined ? null : isForm ? body : JSON.stringify(body),
      signal: options.signal ?? null,
      keepalive: options.keepalive ?? false,
    });
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new Disconnected();
  }
  // A gateway that cannot reach the application is a lost connection, not a refusal.
  if (response.status === 502 || response.status === 503 || response.status === 504) {
    const type = response.headers.get("Content-Type") ?? "";
    if (!type.includes("json")) throw new Disconnected();
  }
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as T;
  const type = response.headers.get("Content-Type") ?? "";
  return (type.includes("json") ? await response.json() : await response.text()) as T;
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => request<T>("GET", path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>("POST", path, body ?? {}, options),
  patch: <T>(path: string, body: unknown, options?: RequestOptions) => request<T>("PATCH", path, body, options),
  put: <T>(path: string, body: unknown, options?: RequestOptions) => request<T>("PUT", path, body, options),
  delete: <T>(path: string, body?: unknown, options?: RequestOptions) => request<T>("DELETE", path, body, options),
};

/** Show any failure as a toast: the sentence, the first problems, and the code in small print. */
export function showError(failure: unknown): void {
  if (failure instanceof DOMException && failure.name === "AbortError") return;
  if (failure instanceof ApiError) {
    const reasons = failure.problems.slice(0, 3).map((problem) => (problem.field_name ? `${problem.field_name}:${problem.message}` : problem.message));
    toast(reasons.length ? reasons.join("; ") : failure.message, { kind: "bad", code: failure.code });
  } else if (failure instanceof Disconnected) {
    // The banner that says so already is enough.
    if (!document.querySelector(".offline")) toast(failure.message, { kind: "bad", life: 8_000 });
  } else {
    console.error(failure);
    toast(t("这一步没有完成,请再试一次"), { kind: "bad" });
  }
}

/**
 * Put the problems of a refusal beside the inputs of `form` whose `name` is the field's id or name (or the last part of
 * the problem's path); what has no input goes into a toast. Earlier marks are taken away. Returns true if all found a place.
 */
export function showProblems(form: HTMLElement, failure: ApiError): boolean {
  clearProblems(form);
  const homeless: Problem[] = [];
  for (const problem of failure.problems) {
    const names = [problem.field, problem.field_name, problem.path, problem.path?.split(".").at(-1)];
    const input = names
      .filter((name): name is string => Boolean(name))
      .map((name) => form.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`))
      .find(Boolean);
    if (input) mark(input, problem.message);
    else homeless.push(problem);
  }
  form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  if (homeless.length || !failure.problems.length) {
    showError(new ApiError(failure.status, failure.code, failure.message, homeless));
    return false;
  }
  return true;
}

function mark(input: HTMLElement, message: string): void {
  input.setAttribute("aria-invalid", "true");
  const hint = document.createElement("p");
  hint.className = "hint bad";
  hint.dataset.problem = "";
  hint.id = `${input.id || input.getAttribute("name")}-problem`;
  hint.textContent = message;
  input.setAttribute("aria-describedby", hint.id);
  (input.closest(".field") ?? input.parentElement)?.append(hint);
}

/** Take away the marks that {@link showProblems} made. */
export function clearProblems(form: HTMLElement): void {
  for (const hint of form.querySelectorAll("[data-problem]")) hint.remove();
  for (const input of form.querySelectorAll('[aria-invalid="true"]')) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}
