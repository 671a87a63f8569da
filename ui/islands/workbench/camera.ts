/** The phone's camera: opened for the back, read eight times a second until a code is agreed on, closed again. */
import { Agreement } from "./codes";
import type { PictureReader } from "./picture-reader";

/** Why there is no picture: no camera interface (plain http), refused by the person, none built in, or in use elsewhere. */
export type Obstacle = "insecure" | "refused" | "missing" | "busy";

const every = 125;
/** The strip behind the frame: a line code fills it, and it is read three times as fast as the whole picture. */
const strip = { width: 0.86, height: 0.4 };
/** Every so often the whole picture, for square codes and labels held askew. */
const wholeEach = 4;

/** What a failed `getUserMedia` means. */
export function obstacleOf(failure: unknown): Obstacle {
  const name = failure instanceof DOMException ? failure.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}

export class Camera {
  #stream: MediaStream | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #agreement = new Agreement();
  #running = false;
  #frames = 0;

  constructor(
    private readonly reader: PictureReader,
    private readonly found: (code: string) => void,
    private readonly failed: (failure: unknown) => void,
  ) {}

  /** Open the camera into `video` and begin reading. Returns why it could not, or null. */
  async open(video: HTMLVideoElement): Promise<Obstacle | null> {
    if (!navigator.mediaDevices?.getUserMedia) return "insecure";
    this.#running = true;
    try {
      const wanted = { video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      if (!this.#running) {
        for (const track of stream.getTracks()) track.stop();
        return null;
      }
      this.#stream = stream;
      video.srcObject = stream;
      await video.play();
    } catch (failure) {
      this.close();
      return obstacleOf(failure);
    }
    this.#loop(video);
    return null;
  }

  /** Whether the light can be switched on. */
  get hasTorch(): boolean {
    const track = this.#stream?.getVideoTracks()[0];
    const can = track?.getCapabilities?.() as { torch?: boolean } | undefined;
    return can?.torch === true;
  }

  async torch(on: boolean): Promise<void> {
    const wanted = { advanced: [{ torch: on }] } as unknown as MediaTrackConstraints;
    await this.#stream?.getVideoTracks()[0]?.applyConstraints(wanted);
  }

  /** Stop reading and give the camera back. */
  close(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#agreement.reset();
  }

  /** One picture at a time: the next is taken when the last is read. */
  #loop(video: HTMLVideoElement): void {
    const began = performance.now();
    void this.#look(video)
      .catch((failure: unknown) => this.#running && this.failed(failure))
      .finally(() => {
        if (this.#running) this.#timer = setTimeout(() => this.#loop(video), Math.max(20, every - (performance.now() - began)));
      });
  }

  async #look(video: HTMLVideoElement): Promise<void> {
    const { videoWidth: width, videoHeight: height } = video;
    if (!width || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || document.hidden) return;
    this.#frames += 1;
    const picture = this.#frames % wholeEach === 0 ? await createImageBitmap(video) : await createImageBitmap(video, ...centre(width, height));
    const code = this.#agreement.take(await this.reader.read(picture));
    if (code && this.#running) this.found(code);
  }
}

/** Left, top, width, height of the strip in the middle of a picture. */
function centre(width: number, height: number): [number, number, number, number] {
  const w = Math.round(width * strip.width);
  const h = Math.round(Math.max(height * strip.height, Math.min(height, 240)));
  return [Math.round((width - w) / 2), Math.round((height - h) / 2), w, h];
}
