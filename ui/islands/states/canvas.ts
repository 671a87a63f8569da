/** The picture: states as boxes, moves as curves with their button's text. Dragging from one state to another adds a move. */
import { html, nothing, svg, type TemplateResult } from "lit";
import type { Choice } from "../fields/field";
import { formatNumber } from "../fields/format";
import { icon } from "../icons";
import { t } from "../i18n";
import { keyOf, type Draft } from "./draft";
import { limitText } from "./limits";
import { draw, nodeHeight, nodeWidth } from "./picture";
import type { Check, Transition } from "./types";

/** What the picture asks of the editor it stands in. */
export interface CanvasHost {
  readonly locked: boolean;
  readonly chosen: string;
  readonly check: Check | null;
  pill(id: number): TemplateResult | typeof nothing;
  open(move: Transition): void;
  stateMenu(choice: Choice, anchor: HTMLElement): void;
  connect(source: number, target: number): void;
}

export function canvas(host: CanvasHost, draft: Draft): TemplateResult {
  const { nodes, edges, width, height } = draw(draft.choices, draft.machine);
  const counts = new Map(host.check?.states.map((state) => [state.choice, state]));
  const name = (id: number) => draft.choices.find((choice) => choice.id === id)?.name ?? "";
  return html`<div class="st-picture" role="group" tabindex="0" aria-label=${t("状态流转图")} @pointerdown=${(event: PointerEvent) => begin(event, host)}>
    ${host.locked ? nothing : html`<p class="st-hint">${icon("mouse-pointer-click", 14)}${t("从一个状态拖到另一个,就加一条流转")}</p>`}
    <svg width=${width} height=${height} viewBox="0 0 ${width} ${height}">
      ${edges.map((edge) => {
        const on = host.chosen === keyOf(edge.transition) ? "on" : "";
        return svg`<path class="st-edge ${on} ${edge.back ? "back" : ""}" d=${edge.path}></path><path class="st-tip ${on}" d=${edge.tip}></path>`;
      })}
      ${nodes.map((node) => {
        const state = counts.get(node.choice.id);
        const starts = draft.machine.initial.includes(node.choice.id);
        const limit = limitText(draft.machine.states.find((one) => one.choice === node.choice.id)?.limit);
        const records = t("{n} 条", { n: formatNumber(state?.records ?? 0) });
        return svg`<foreignObject x=${node.x} y=${node.y} width=${nodeWidth} height=${nodeHeight}>${html`<button
          type="button"
          class="st-node ${state?.stuck && state.records ? "stuck" : ""}"
          data-state=${node.choice.id}
          ?disabled=${host.locked}
          aria-haspopup="menu"
          @click=${(event: Event) => host.stateMenu(node.choice, event.currentTarget as HTMLElement)}
        >
          ${host.pill(node.choice.id)}<small>${records}${starts ? ` · ${t("起点")}` : ""}${limit ? html` · <span class="st-lim" data-tip=${t("最多待 {limit}", { limit })}>${icon("timer", 12)}${limit}</span>` : nothing}</small>
        </button>`}</foreignObject>`;
      })}
      ${edges.map((edge) => {
        const move = edge.transition;
        const on = host.chosen === keyOf(move);
        return svg`<foreignObject x=${edge.label.x - 44} y=${edge.label.y - 12} width="88" height="24">${html`<div class="st-label">
          <button type="button" class=${on ? "on" : ""} aria-pressed=${on ? "true" : "false"} data-tip=${t("{from} → {to}", { from: name(move.source), to: name(move.target) })} @click=${() => host.open(move)}>
            <span class="cut">${move.label || name(move.target)}</span>
          </button>
        </div>`}</foreignObject>`;
      })}
    </svg>
  </div>`;
}

const far = 6; // pixels before a press becomes a drag

/** Follow a press on a state: a click opens its menu, a drag to another state connects the two. */
function begin(event: PointerEvent, host: CanvasHost): void {
  const from = nodeAt(event.target);
  if (!from || host.locked || event.button !== 0 || event.pointerType === "touch") return;
  const picture = event.currentTarget as HTMLElement;
  const drawing = picture.querySelector("svg")!;
  const start = { x: event.clientX, y: event.clientY };
  let line: SVGLineElement | null = null;
  let over: HTMLElement | null = null;

  const move = (moved: PointerEvent) => {
    if (!line && Math.hypot(moved.clientX - start.x, moved.clientY - start.y) < far) return;
    line ??= thread(drawing, from);
    const frame = drawing.getBoundingClientRect();
    line.setAttribute("x2", String(moved.clientX - frame.left));
    line.setAttribute("y2", String(moved.clientY - frame.top));
    const found = nodeAt(document.elementFromPoint(moved.clientX, moved.clientY));
    if (found === over) return;
    over?.classList.remove("on");
    over = found && found !== from ? found : null;
    over?.classList.add("on");
  };
  const end = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    if (!line) return;
    line.remove();
    over?.classList.remove("on");
    // The press would end in a click on the state it began in.
    picture.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => picture.removeEventListener("click", swallow, { capture: true }));
    if (over) host.connect(Number(from.dataset.state), Number(over.dataset.state));
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

function swallow(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}

function nodeAt(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".st-node") : null;
}

/** A line from the middle of a state to the pointer. */
function thread(drawing: SVGSVGElement, from: HTMLElement): SVGLineElement {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const frame = drawing.getBoundingClientRect();
  const box = from.getBoundingClientRect();
  line.setAttribute("class", "st-thread");
  line.setAttribute("x1", String(box.left + box.width / 2 - frame.left));
  line.setAttribute("y1", String(box.top + box.height / 2 - frame.top));
  drawing.append(line);
  return line;
}
