/** Draws barcodes and QR codes: zxing as WebAssembly, the same library that reads them. */
import { prepareZXingModule, writeBarcode } from "zxing-wasm/writer";
import wasmUrl from "zxing-wasm/writer/zxing_writer.wasm?url";

const names: Record<string, "QRCode" | "Code128" | "EAN13"> = { qr: "QRCode", code128: "Code128", ean13: "EAN13" };
let ready = false;

/** The code as an SVG, black on white; "" when the text does not fit the format. */
export async function drawCode(text: string, format: string): Promise<string> {
  if (!ready) {
    prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasmUrl : prefix + path) } });
    ready = true;
  }
  const made = await writeBarcode(text, { format: names[format] ?? "QRCode", ecLevel: format === "qr" ? "M" : "", addQuietZones: true });
  return made.error ? "" : made.svg;
}
