/** Operands of conditions that are values from elsewhere (`{"$value": …}`), where a filter offers them. */
import type { Value } from "../fields/field";
import type { PartValue } from "../template-text/parts";

const key = "$value";

/** The value that an operand stands for; undefined for a plain operand. */
export function valueIn(operand: Value): PartValue | undefined {
  if (typeof operand !== "object" || operand === null || Array.isArray(operand) || !(key in operand)) return undefined;
  return (operand as Record<string, PartValue>)[key];
}

/** The operand that stands for a value. */
export function asOperand(value: PartValue): Value {
  return { [key]: value };
}
