/**
 * `.value=${settled(value)}`: sets a property only when it would say something else. An editor that has just reported what
 * was typed is left alone: its caret stays, and so does what is not complete yet.
 */
import { noChange } from "lit";
import { directive, Directive, type PropertyPart } from "lit/directive.js";

class Settled extends Directive {
  override render(value: unknown): unknown {
    return value;
  }

  override update(part: PropertyPart, [value]: [unknown]): unknown {
    const current = (part.element as unknown as Record<string, unknown>)[part.name];
    return JSON.stringify(current ?? null) === JSON.stringify(value ?? null) ? noChange : value;
  }
}

export const settled = directive(Settled);
