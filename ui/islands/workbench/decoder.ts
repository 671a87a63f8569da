/** Reads barcodes out of pictures: zxing as WebAssembly, served by ourselves, the same in every browser. */
import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import type { Read } from "./codes";

/** What stands on waybills and goods. */
const formats = ["code_128", "qr_code", "code_39", "code_93", "ean_13", "itf", "data_matrix"] as const;

let detector: BarcodeDetector | null = null;

function prepared(): BarcodeDetector {
  if (!detector) {
    prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasmUrl : prefix + path) } });
    detector = new BarcodeDetector({ formats: [...formats] });
  }
  return detector;
}

/** All codes in a picture. */
export async function decode(picture: ImageBitmap): Promise<Read[]> {
  const found = await prepared().detect(picture);
  return found.map((one) => ({ text: one.rawValue, format: one.format }));
}
