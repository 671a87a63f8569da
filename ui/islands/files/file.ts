/** A file in a cell, as the API gives it, and what can be told of it without opening it. */
import { t } from "../i18n";
import type { Field, Value } from "../fields/field";

export interface FileValue {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  type: string;
  width: number | null;
  height: number | null;
  url: string;
  thumbnail_url: string | null;
}

/** The files of a cell; none for anything else. */
export function filesOf(value: Value): FileValue[] {
  return Array.isArray(value) ? value.filter((item): item is FileValue => typeof item === "object" && item !== null && "url" in item && "size" in item) : [];
}

/** Address of the larger small picture. */
export function largeThumbnail(file: FileValue): string | null {
  return file.thumbnail_url?.replace(/small$/, "large") ?? null;
}

/** Address under which a browser offers to save it. */
export function downloadUrl(file: FileValue): string {
  return `${file.url}?download=true`;
}

const icons: [RegExp, string][] = [
  [/^image\//, "image"],
  [/^audio\//, "file-music"],
  [/^video\//, "file-play"],
  [/pdf$/, "file-text"],
  [/sheet|excel|csv/, "file-spreadsheet"],
  [/presentation|powerpoint/, "presentation"],
  [/word|^text\//, "file-type"],
  [/zip|rar|7z|gzip|tar|bzip|xz/, "file-archive"],
  [/json|xml|html|svg|executable/, "file-code"],
];

/** The icon of a file by its type. */
export function fileIcon(type: string): string {
  return icons.find(([pattern]) => pattern.test(type))?.[1] ?? "file";
}

/** "1.4 MB" */
export function fileSize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** How it can be looked at in place; null: only by saving it. */
export type Look = "image" | "pdf" | "text" | "video" | "audio";

export function lookOf(file: Pick<FileValue, "type">): Look | null {
  const { type } = file;
  if (["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp"].includes(type)) return "image";
  if (type === "application/pdf") return "pdf";
  if (["text/plain", "text/csv", "text/markdown", "application/json"].includes(type)) return "text";
  if (["video/mp4", "video/webm"].includes(type)) return "video";
  if (["audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/flac"].includes(type)) return "audio";
  return null;
}

export const kinds = ["image", "pdf", "document", "text", "audio", "video", "archive", "other"] as const;

/** What a kind of file is called. */
export function kindName(kind: string): string {
  const names: Record<string, string> = { image: t("图片"), pdf: t("PDF"), document: t("办公文档"), text: t("文本"), audio: t("音频"), video: t("视频"), archive: t("压缩包"), other: t("其他文件") };
  return names[kind] ?? kind;
}

const accepted: Record<string, string> = {
  image: "image/*",
  pdf: "application/pdf,.pdf",
  document: ".doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.odp,.wps,.et,.dps",
  text: "text/plain,.txt,.csv,.md,.json,.xml,.log",
  audio: "audio/*",
  video: "video/*",
  archive: ".zip,.rar,.7z,.gz,.tar",
};

/** What a file chooser offers for a field: "" for everything. */
export function acceptOf(field: Field): string {
  const wanted = (field.options.kinds as string[] | undefined) ?? [];
  if (wanted.some((kind) => !accepted[kind])) return "";
  return wanted.map((kind) => accepted[kind]).join(",");
}

/** Whether the field may hold pictures, so that a camera is of use. */
export function takesPictures(field: Field): boolean {
  const wanted = (field.options.kinds as string[] | undefined) ?? [];
  return !wanted.length || wanted.includes("image");
}

/** Files of a drop or a paste, without folders; a pasted picture without a name of its own gets one that tells when. */
export function filesOfTransfer(data: DataTransfer | null): File[] {
  const folders = new Set([...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory).map((entry) => entry!.name));
  const files = [...(data?.files ?? [])].filter((file) => !folders.has(file.name));
  return files.map((file) => {
    if (!/^image\.(png|jpe?g|webp|gif)$/i.test(file.name)) return file;
    const stamp = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" }).format(new Date()).replace(/[: ]/g, "-");
    return new File([file], `${t("粘贴的图片")} ${stamp}.${file.name.split(".").pop()}`, { type: file.type });
  });
}

/** Whether something dragged over the page is files. */
export function dragsFiles(event: DragEvent): boolean {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}
