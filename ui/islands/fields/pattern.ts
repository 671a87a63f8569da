/** Dates by strftime patterns, as auto numbers use them: %Y %y %m %d %H %M %j. */
export function formatDateParts(pattern: string, moment: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const dayOfYear = () => Math.floor((Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) - Date.UTC(moment.getFullYear(), 0, 0)) / 86_400_000);
  const parts: Record<string, () => string> = {
    Y: () => String(moment.getFullYear()),
    y: () => two(moment.getFullYear() % 100),
    m: () => two(moment.getMonth() + 1),
    d: () => two(moment.getDate()),
    H: () => two(moment.getHours()),
    M: () => two(moment.getMinutes()),
    j: () => String(dayOfYear()).padStart(3, "0"),
  };
  return pattern.replace(/%([A-Za-z])/g, (place, letter: string) => parts[letter]?.() ?? place);
}
