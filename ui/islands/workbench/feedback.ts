/** What a hand and an ear notice while the eyes are on the parcel: a buzz and a tone, one for yes, another for no. */

const soundKey = "hb-wb-silent";

export function isSilent(): boolean {
  return localStorage.getItem(soundKey) === "1";
}

export function setSilent(silent: boolean): void {
  if (silent) localStorage.setItem(soundKey, "1");
  else localStorage.removeItem(soundKey);
}

let audio: AudioContext | null = null;

/** Buzz and sound; does nothing where the device cannot, or before the page was touched once. */
export function feedback(kind: "found" | "missing"): void {
  navigator.vibrate?.(kind === "found" ? 60 : [70, 60, 70]);
  if (isSilent() || !navigator.userActivation?.hasBeenActive) return;
  try {
    audio ??= new AudioContext();
    const notes = kind === "found" ? [880] : [330, 247];
    notes.forEach((pitch, index) => tone(audio!, pitch, index * 0.14));
  } catch {
    // No sound on this device.
  }
}

function tone(context: AudioContext, pitch: number, delay: number): void {
  const start = context.currentTime + delay;
  const source = context.createOscillator();
  const volume = context.createGain();
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0.12, start);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.12);
  source.connect(volume).connect(context.destination);
  source.start(start);
  source.stop(start + 0.13);
}
