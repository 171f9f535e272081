import type { ColumnType } from './column-type.ts'
import { baseName, isNumber, isText } from './type-name.ts'
import type { Draw } from './value-maker.ts'
import { obeysRules, ruledValue, type ValueRules } from './value-rules.ts'

/** What is known of the values of a column. */
export interface ValueLimits {
  readonly type: ColumnType
  readonly rules?: ValueRules | undefined
}

/** The value, or another one where a CHECK constraint says that it will be refused. */
export function allowedValue({ type, rules }: ValueLimits, value: string | null, draw: Draw): string | null {
  const base = baseName(type)
  if (type.element !== null || !(isText(base) || isNumber(base))) return value
  if (value !== null && obeysRules(rules, value, isNumber(base))) return value
  return ruledValue(rules, isNumber(base), draw) ?? value
}
