/** The elements a grid is made of. */
import { t } from "../i18n";

export interface Scene {
  /** Holds the scene, and the editors and bars that lie over it. */
  wrap: HTMLElement;
  /** What has the role of a grid; only what is a grid's own stands in it. */
  scene: HTMLElement;
  /** Takes what is typed, over the active cell. */
  input: HTMLTextAreaElement;
  /** Reads out the active cell. */
  announcer: HTMLElement;
}

export function buildScene(label: string): Scene {
  const wrap = document.createElement("div");
  wrap.className = "g-wrap";
  const scene = document.createElement("div");
  scene.className = "g-scene";
  scene.setAttribute("role", "grid");
  scene.setAttribute("aria-multiselectable", "true");
  scene.setAttribute("aria-label", label);
  const input = document.createElement("textarea");
  input.className = "g-input";
  input.rows = 1;
  input.autocapitalize = "off";
  input.spellcheck = false;
  input.setAttribute("aria-label", t("记录"));
  const announcer = document.createElement("div");
  announcer.className = "sr";
  announcer.setAttribute("aria-live", "polite");
  wrap.append(scene, input);
  return { wrap, scene, input, announcer };
}
