/** Addresses of what the scanner needs and a page that never scanned has not loaded yet. */
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import workerUrl from "./decode-worker.ts?worker&url";

export const wasmFile: string = wasmUrl;
export const workerFile: string = workerUrl;
