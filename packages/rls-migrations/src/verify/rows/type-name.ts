import type { ColumnType } from './column-type.ts'

/** The type's name without modifiers and schema: `numeric(10,2)` is `numeric`, `public.citext` is `citext`. */
export function baseName(type: ColumnType): string {
  return type.base
    .replace(/\([^)]*\)/, '')
    .replace(/^"?\w+"?\./, '')
    .replaceAll('"', '')
    .trim()
}

/** The numbers in parentheses: a length, a precision, a scale. */
export function modifiers(type: ColumnType): number[] {
  return (/\(([^)]*)\)/.exec(type.base)?.[1] ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map(Number)
}

export function isText(base: string): boolean {
  return ['text', 'character varying', 'character', 'citext', 'name', 'bpchar'].includes(base)
}

export function isNumber(base: string): boolean {
  return ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'].includes(base)
}

/** A text as long as the type allows. */
export function cut(text: string, type: ColumnType): string {
  const [length] = modifiers(type)
  return length === undefined ? text : text.slice(0, length)
}
