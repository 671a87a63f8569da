/** What the page of a form asks of the server. A page that was open for too long gets a new token and tries again. */
import { api, ApiError, csrfToken, Disconnected, type Problem } from "../api";
import { t } from "../i18n";
import type { FileValue } from "../files/file";
import type { Answers } from "./types";

export interface Found {
  records: { id: string; name: string }[];
  needs: string[];
}

function path(secret: string, part: string): string {
  return `/api/v1/f/${encodeURIComponent(secret)}/${part}`;
}

/** Take the token of the page as the server would send it now. */
async function fresh(): Promise<void> {
  const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
  const token = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLMetaElement>('meta[name="csrf-token"]');
  const own = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]');
  if (token && own) own.content = token.content;
}

async function again<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (failure) {
    if (!(failure instanceof ApiError) || failure.code !== "csrf") throw failure;
    try {
      await fresh();
    } catch {
      throw new Disconnected();
    }
    return run();
  }
}

export function submit(secret: string, key: string, answers: Answers): Promise<{ repeated: boolean }> {
  return again(() => api.post(path(secret, "submissions"), { key, answers }));
}

export function findChoices(secret: string, field: string, words: string, answers: Answers): Promise<Found> {
  return again(() => api.post(path(secret, "choices"), { field, words, answers }));
}

/** Send a file up; `progress` from 0 to 1. */
export function upload(secret: string, field: string, file: File, progress: (part: number) => void): Promise<FileValue> {
  const once = () =>
    new Promise<FileValue>((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${path(secret, "files")}?field=${field}&name=${encodeURIComponent(file.name || "photo.jpg")}`);
      request.setRequestHeader("X-CSRF-Token", csrfToken());
      request.setRequestHeader("Accept-Language", document.documentElement.lang);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
      request.addEventListener("error", () => reject(new Disconnected()));
      request.addEventListener("load", () => {
        const body = request.response as (Record<string, unknown> & { problems?: Problem[] }) | null;
        if (request.status === 201 && body) resolve(body as unknown as FileValue);
        else reject(new ApiError(request.status, String(body?.code ?? ""), String(body?.detail ?? t("「{name}」没传上去,再试一次", { name: file.name })), body?.problems ?? []));
      });
      request.send(file);
    });
  return again(once);
}
