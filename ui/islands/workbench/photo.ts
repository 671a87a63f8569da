/** A code out of a photo of the label: tried small first, then whole, then turned, as a hand holds it. */
import { chosen, normalise } from "./codes";
import type { PictureReader } from "./picture-reader";

const sizes = [1600, 3200];
const turns = [0, 45, -45];

/** The code in a picture file, or null. Rejects when the file is no picture. */
export async function codeInPhoto(file: Blob, reader: PictureReader): Promise<string | null> {
  const whole = await createImageBitmap(file);
  try {
    for (const turn of turns) {
      for (const size of sizes) {
        const read = chosen(await reader.read(await drawn(whole, size, turn)));
        if (read) return normalise(read.text);
        if (Math.max(whole.width, whole.height) <= size) break;
      }
    }
    return null;
  } finally {
    whole.close();
  }
}

/** The picture with its longer side at most `size`, turned by degrees. */
async function drawn(picture: ImageBitmap, size: number, turn: number): Promise<ImageBitmap> {
  const scale = Math.min(1, size / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = document.createElement("canvas");
  const angle = (turn * Math.PI) / 180;
  canvas.width = turn ? Math.ceil(width * Math.abs(Math.cos(angle)) + height * Math.abs(Math.sin(angle))) : width;
  canvas.height = turn ? Math.ceil(width * Math.abs(Math.sin(angle)) + height * Math.abs(Math.cos(angle))) : height;
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate(angle);
  pen.drawImage(picture, -width / 2, -height / 2, width, height);
  return createImageBitmap(canvas);
}
