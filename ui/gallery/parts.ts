/** Cards with the components that are not the grid. */
import { html, render } from "lit";
import { fields } from "./orders";

export function parts(main: HTMLElement): void {
  render(
    html`<div class="gallery">
      <section><h2>hb-select</h2>
        <div class="stack">
          <hb-select label="渠道" look="tag" multiple creatable .options=${fields[2]!.options.choices!.map((choice) => ({ value: choice.name, label: choice.name, color: choice.color }))}></hb-select>
        </div>
      </section>
    </div>`,
    main,
  );
}
