/** Hands pictures to the decoder, in a worker of its own where the browser has module workers, else in the page. */
import type { Read } from "./codes";
import { workerFile } from "./decoder-files";

interface Answer {
  id: number;
  reads?: Read[];
  failure?: string;
}

export class PictureReader {
  #worker: Worker | null = null;
  #waiting = new Map<number, { resolve(reads: Read[]): void; reject(failure: Error): void }>();
  #next = 1;
  #inPage = false;

  /** All codes in `picture`, which is used up. Rejects when the decoder cannot be loaded. */
  async read(picture: ImageBitmap): Promise<Read[]> {
    const worker = this.#inPage ? null : this.#start();
    if (!worker) {
      const { decode } = await import("./decoder");
      return decode(picture).finally(() => picture.close());
    }
    const id = this.#next++;
    const answer = new Promise<Read[]>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    worker.postMessage({ id, picture }, [picture]);
    return answer;
  }

  #start(): Worker | null {
    if (this.#worker) return this.#worker;
    try {
      const worker = new Worker(workerFile, { type: "module" });
      worker.onmessage = (event: MessageEvent<Answer>) => this.#answered(event.data);
      // A browser without module workers says so only now: later pictures are read in the page.
      worker.onerror = () => this.#fail();
      this.#worker = worker;
    } catch {
      this.#inPage = true;
    }
    return this.#worker;
  }

  #answered({ id, reads, failure }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (reads) waiting?.resolve(reads);
    else waiting?.reject(new Error(failure ?? "no answer"));
  }

  #fail(): void {
    this.#inPage = true;
    this.close();
  }

  /** Let the worker go; pictures on their way are given up. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(new Error("closed"));
    this.#waiting.clear();
  }
}
