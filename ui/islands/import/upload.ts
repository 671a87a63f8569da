/** Sending a file with progress, which `fetch` cannot tell. */
import { ApiError, csrfToken, Disconnected, type Problem } from "../api";
import { t } from "../i18n";
import type { Preview } from "./types";

export interface Upload {
  answer: Promise<Preview>;
  abort(): void;
}

/** Send `file` for an app (and a table). `sent` is told bytes as they leave; rejects with ApiError or Disconnected. */
export function upload(file: File, app: string, table: string | null, sent: (bytes: number) => void): Upload {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.set("app", app);
  form.set("table", table ?? "");
  form.set("file", file, file.name);
  const answer = new Promise<Preview>((resolve, reject) => {
    request.open("POST", "/api/v1/imports");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", document.documentElement.lang);
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.upload.onprogress = (event) => sent(Math.min(event.loaded, file.size));
    request.onload = () => (request.status < 300 ? resolve(JSON.parse(request.responseText) as Preview) : reject(refusal(request)));
    request.onerror = () => reject(new Disconnected());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.send(form);
  });
  return { answer, abort: () => request.abort() };
}

function refusal(request: XMLHttpRequest): ApiError {
  try {
    const body = JSON.parse(request.responseText) as { code?: string; detail?: string; problems?: Problem[] };
    return new ApiError(request.status, body.code ?? `http_${request.status}`, body.detail ?? t("服务器没能完成,请再试一次"), body.problems ?? []);
  } catch {
    // A proxy in front refuses large bodies with a page of its own.
    const message = request.status === 413 ? t("文件太大,服务器前面的代理没有放行") : t("服务器没能完成,请再试一次");
    return new ApiError(request.status, `http_${request.status}`, message);
  }
}

/** Why a file cannot be sent at all, or null. */
export function obstacle(file: File, maxMb: number): string | null {
  if (file.size === 0) return t("文件是空的,换一个有内容的文件");
  if (file.size > maxMb * 1024 * 1024) {
    return t("文件有 {size} MB,超过 {limit} MB 的上限;请拆成几个文件再导入", { size: Math.ceil(file.size / 1024 / 1024), limit: maxMb });
  }
  return null;
}

/** Cells copied in a spreadsheet, as a file; null when the clipboard holds no table. */
export function pastedTable(text: string): File | null {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (lines.length < 2 || !lines[0]!.includes("\t")) return null;
  return new File([text], `${t("粘贴的表格")}.tsv`, { type: "text/tab-separated-values" });
}

/** "1.8 MB". */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
