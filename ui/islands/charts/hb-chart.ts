/**
 * `<hb-chart>`: a donut, lines or bars, drawn by ECharts in the page's own colours. Set `.data`; it redraws when the data,
 * its size or the theme change. What it shows is told to screen readers by its label (and by the legend beside it).
 */
import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { define } from "../base";
import { formatMoney, formatNumber } from "../fields/format";
import { endsCollide } from "./ends";

use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

export interface ChartSlice {
  label: string;
  value: number;
  color: string | null;
}

export interface ChartSeries {
  label: string;
  values: number[];
  color: string | null;
}

export interface ChartInput {
  kind: "donut" | "line" | "bar";
  /** "number", "currency" or "percent". */
  format: string;
  slices?: ChartSlice[];
  labels?: string[];
  series?: ChartSeries[];
  center?: string;
  centerLabel?: string;
}

const palette = ["teal", "indigo", "orange", "blue", "pink", "lime", "violet", "amber", "cyan", "red", "green", "grey"];

/** The option colour of the `index`-th thing that has none of its own. */
export function colorAt(index: number): string {
  return palette[index % palette.length]!;
}

/** A number as its field would show it. */
export function formatted(value: number, format: string): string {
  if (format === "currency") return formatMoney(value);
  if (format === "percent") return `${formatNumber(value * 100, { decimals: 1 })}%`;
  return formatNumber(value);
}

class HbChart extends HTMLElement {
  #chart: EChartsType | null = null;
  #data: ChartInput | null = null;
  readonly #size = new ResizeObserver(() => this.#chart?.resize());
  readonly #theme = new MutationObserver(() => this.#draw());
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = () => this.#draw();

  set data(value: ChartInput | null) {
    this.#data = value;
    this.#draw();
  }

  get data(): ChartInput | null {
    return this.#data;
  }

  connectedCallback(): void {
    this.setAttribute("role", "img");
    this.#size.observe(this);
    this.#theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.#dark.addEventListener("change", this.#redraw);
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#size.disconnect();
    this.#theme.disconnect();
    this.#dark.removeEventListener("change", this.#redraw);
    this.#chart?.dispose();
    this.#chart = null;
  }

  #token(name: string): string {
    return getComputedStyle(this).getPropertyValue(name).trim();
  }

  #color(name: string | null, index: number): string {
    return this.#token(`--opt-${name ?? colorAt(index)}-dot`);
  }

  #draw(): void {
    const data = this.#data;
    if (!data || !this.isConnected) return;
    this.#chart ??= init(this, null, { renderer: "svg" });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#chart.setOption(
      { animation: !still, animationDuration: 200, animationDurationUpdate: 200, ...(data.kind === "donut" ? this.#donut(data) : this.#axes(data)) },
      { notMerge: true },
    );
  }

  #text(size = 12) {
    return { color: this.#token("--fg-3"), fontFamily: this.#token("--font"), fontSize: size };
  }

  #tooltip(data: ChartInput) {
    return {
      backgroundColor: this.#token("--bg-raised"),
      borderColor: this.#token("--line-2"),
      textStyle: { ...this.#text(13), color: this.#token("--fg") },
      confine: true,
      valueFormatter: (value: unknown) => formatted(Number(value), data.format),
    };
  }

  #donut(data: ChartInput) {
    const slices = data.slices ?? [];
    this.setAttribute("aria-label", slices.map((slice) => `${slice.label} ${formatted(slice.value, data.format)}`).join(", "));
    return {
      tooltip: { trigger: "item", ...this.#tooltip(data) },
      series: [
        {
          type: "pie",
          radius: ["62%", "88%"],
          itemStyle: { borderColor: this.#token("--bg"), borderWidth: 2 },
          label: { show: true, position: "center", formatter: `{a|${data.center ?? ""}}\n{b|${data.centerLabel ?? ""}}`, rich: { a: { ...this.#text(24), fontWeight: 600, lineHeight: 32, color: this.#token("--fg") }, b: { ...this.#text(12), lineHeight: 18 } } },
          emphasis: { scale: false },
          data: slices.map((slice, index) => ({ name: slice.label, value: slice.value, itemStyle: { color: this.#color(slice.color, index) } })),
        },
      ],
    };
  }

  #axes(data: ChartInput) {
    const series = data.series ?? [];
    const isLine = data.kind === "line";
    // names stand at the ends of their lines where there is room for them, else above
    const named = isLine && series.length > 1 && !endsCollide(series);
    const legend = series.length > 1 && !named;
    const totals = series.map((one) => `${one.label || ""} ${formatted(one.values.reduce((sum, value) => sum + value, 0), data.format)}`);
    this.setAttribute("aria-label", totals.join(", ").trim());
    return {
      grid: { left: 4, right: named ? 76 : 12, top: legend ? 32 : 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: { trigger: "axis", ...this.#tooltip(data), axisPointer: { type: isLine ? "line" : "shadow" } },
      ...(legend ? { legend: { type: "scroll", top: 0, left: 0, itemWidth: isLine ? 20 : 8, itemHeight: 8, textStyle: this.#text() } } : {}),
      xAxis: {
        type: "category",
        data: data.labels ?? [],
        boundaryGap: !isLine,
        axisLine: { lineStyle: { color: this.#token("--line-2") } },
        axisTick: { show: false },
        axisLabel: { ...this.#text(11), hideOverlap: true, interval: Math.max(0, Math.ceil((data.labels?.length ?? 0) / 10) - 1), formatter: (label: string) => (/^\d{4}-\d\d-\d\d/.test(label) ? label.slice(5) : label) },
      },
      yAxis: {
        type: "value",
        minInterval: data.format === "number" ? 1 : 0,
        splitLine: { lineStyle: { color: this.#token("--line") } },
        axisLabel: { ...this.#text(11), formatter: (value: number) => formatted(value, data.format) },
      },
      series: series.map((one, index) => ({
        type: data.kind,
        name: one.label,
        data: one.values,
        stack: isLine ? undefined : "all",
        barMaxWidth: 28,
        showSymbol: (data.labels?.length ?? 0) < 3,
        // not by colour alone: every second line is dashed, and each carries its name
        lineStyle: { width: 2, type: index % 2 && series.length > 2 ? "dashed" : "solid" },
        endLabel: named ? { show: true, formatter: "{a}", ...this.#text(12), color: this.#token(`--opt-${one.color ?? colorAt(index)}-fg`) } : undefined,
        labelLayout: { moveOverlap: "shiftY" },
        itemStyle: { color: this.#color(one.color, index) },
        emphasis: { focus: "series" },
      })),
    };
  }
}

export type { HbChart };
define("hb-chart", HbChart);
