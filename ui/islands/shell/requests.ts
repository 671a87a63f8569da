/** htmx, set up for a page that forbids inline script, with the CSRF header and errors that people can read. */
import htmx from "htmx.org";
import { ApiError, csrfToken, Disconnected, showError, type Problem } from "../api";
import { t } from "../i18n";
import { toast, toastUndo } from "../toast/toast";
import { undo } from "../undo";

interface RequestDetail {
  headers: Record<string, string>;
}
interface AnswerDetail {
  xhr: XMLHttpRequest;
}
interface ToastDetail {
  message: string;
  kind?: "done" | "bad" | "info";
  /** Id of the change that "undo" takes back. */
  undo?: string;
}

function refusal(xhr: XMLHttpRequest): ApiError {
  try {
    const body = JSON.parse(xhr.responseText) as { code?: string; detail?: string; title?: string; problems?: Problem[] };
    return new ApiError(xhr.status, body.code ?? `http_${xhr.status}`, body.detail ?? body.title ?? "", body.problems ?? [], body);
  } catch {
    return new ApiError(xhr.status, `http_${xhr.status}`, t("服务器没能完成,请再试一次"));
  }
}

export function startRequests(): void {
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    scrollIntoViewOnBoost: false,
    // A refused form (422) comes back with its problems marked and is shown; other refusals become a toast.
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const { headers } = (event as CustomEvent<RequestDetail>).detail;
    headers["X-CSRF-Token"] = csrfToken();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = (event as CustomEvent<AnswerDetail>).detail;
    // A problem document is not something to show in the page.
    if (!(xhr.getResponseHeader("Content-Type") ?? "").includes("json")) return;
    event.preventDefault();
    if (xhr.status === 422) showError(refusal(xhr));
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<AnswerDetail>).detail;
    if (xhr.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    else showError(refusal(xhr));
  });
  document.addEventListener("htmx:sendError", () => showError(new Disconnected()));
  document.addEventListener("hb:toast", (event) => {
    const { message, kind, undo: change } = (event as CustomEvent<ToastDetail>).detail;
    if (change) toastUndo(message, () => void undo(change));
    else toast(message, { kind: kind ?? "done" });
  });
  document.addEventListener("hb:reload", () => location.reload());
  Object.assign(window, { htmx });
}
