import { describe, expect, it } from "vitest";
import { same, type Field } from "../fields/field";
import { copyText, textOf } from "../fields/format";
import { operatorLabel } from "../filter/operators";
import { toWire } from "../record/saver";
import { acceptOf, fileIcon, fileSize, filesOf, largeThumbnail, lookOf, takesPictures, type FileValue } from "./file";
import { decode } from "./preview";

const photo: FileValue = { id: "fil1", name: "a.jpg", size: 1234, type: "image/jpeg", width: 2, height: 1, url: "/api/v1/files/fil1/a.jpg", thumbnail_url: "/api/v1/files/fil1/thumbnail/small" };
const field = (options: Record<string, unknown> = {}): Field => ({ id: "f", name: "附件", type: "attachment", options });

describe("files", () => {
  it("are told by size, icon and look", () => {
    expect([0, 999, 1000, 1_500_000, 2 ** 31].map(fileSize)).toEqual(["0 B", "999 B", "1.0 KB", "1.4 MB", "2.0 GB"]);
    expect(fileIcon("image/png")).toBe("image");
    expect(fileIcon("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")).toBe("file-spreadsheet");
    expect(fileIcon("x/y")).toBe("file");
    // what could run in a page is never looked at in it
    expect(["image/svg+xml", "text/html", "application/xml"].map((type) => lookOf({ type }))).toEqual([null, null, null]);
    expect(lookOf(photo)).toBe("image");
    expect(largeThumbnail(photo)).toBe("/api/v1/files/fil1/thumbnail/large");
  });
  it("are chosen by what a field takes", () => {
    expect(acceptOf(field())).toBe("");
    expect(acceptOf(field({ kinds: ["image"] }))).toBe("image/*");
    expect(acceptOf(field({ kinds: ["image", "other"] }))).toBe("");
    expect(takesPictures(field({ kinds: ["pdf"] }))).toBe(false);
  });
  it("are values with names: renaming is a change, and travels", () => {
    expect(filesOf("text")).toEqual([]);
    expect(textOf(field(), [photo])).toBe("a.jpg");
    expect(copyText(field(), [photo])).toContain("/api/v1/files/fil1/a.jpg)");
    expect(same([photo], [{ ...photo, name: "b.jpg" }])).toBe(false);
    expect(same([photo], [{ ...photo, url: "elsewhere" }])).toBe(true);
    expect(toWire([photo])).toEqual([{ id: "fil1", name: "a.jpg" }]);
    expect(toWire([{ id: "rec1", name: "x" }])).toEqual([{ id: "rec1" }]);
  });
  it("are asked for by name and number", () => {
    expect(operatorLabel("ge", field())).toBe("文件数大于等于");
    expect(operatorLabel("contains", field())).toBe("文件名包含");
    expect(operatorLabel("is_empty", field())).toBe("为空");
  });
});

describe("texts", () => {
  it("are read in the encodings of this country", () => {
    expect(decode(new TextEncoder().encode("第一行"))).toBe("第一行");
    expect(decode(new Uint8Array([0xb5, 0xda, 0xd2, 0xbb]))).toBe("第一");
    expect(decode(new TextEncoder().encode("第一行").slice(0, 8))).toBe("第一");
  });
});
