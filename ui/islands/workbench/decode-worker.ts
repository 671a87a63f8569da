/** The decoder beside the page, so that the camera's picture does not stutter: gets `{id, picture}`, answers `{id, reads}`. */
import { decode } from "./decoder";

interface Job {
  id: number;
  picture: ImageBitmap;
}

const scope = self as unknown as { onmessage: ((event: MessageEvent<Job>) => void) | null; postMessage(message: unknown): void };

scope.onmessage = (event) => {
  const { id, picture } = event.data;
  decode(picture)
    .then((reads) => scope.postMessage({ id, reads }))
    .catch((failure: unknown) => scope.postMessage({ id, failure: String(failure) }))
    .finally(() => picture.close());
};
