/** Whether the names at the ends of lines would lie on one another. Pure. */

/** Share of the axis that a name needs for itself. */
const room = 0.1;

export function endsCollide(series: readonly { values: readonly number[] }[]): boolean {
  const all = series.flatMap((one) => one.values);
  const span = Math.max(0, ...all) - Math.min(0, ...all);
  const ends = series.map((one) => one.values.at(-1) ?? 0).sort((a, b) => a - b);
  return ends.some((end, index) => index > 0 && end - ends[index - 1]! < span * room) || (span === 0 && ends.length > 1);
}
