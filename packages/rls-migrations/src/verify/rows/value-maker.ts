import type { ColumnType } from './column-type.ts'
import { plainValue, type TextStyle } from './plain-value.ts'
import { baseName, cut, isText, modifiers } from './type-name.ts'

/** Draws a whole number from 0 to below the limit. */
export type Draw = (limit: number) => number

export interface ValueHints {
  /** A live value, whose shape is kept. */
  readonly example?: string | null
  /** @defaultValue `'word'` */
  readonly style?: TextStyle
}

/** A value that no live row has, as the text of a literal; null when the type is unknown. */
export function distinctValue(
  type: ColumnType,
  draw: Draw,
  { example = null, style = 'word' }: ValueHints = {},
): string | null {
  const base = baseName(type)
  if (type.element !== null) return distinctArray(type, type.element, draw)
  if (type.labels.length > 0) return type.labels[draw(type.labels.length)] as string
  if (isText(base)) {
    const keepsShape = example !== null && shapeSize(example) >= 2
    return keepsShape ? cut(reshape(example, draw), type) : distinctText(type, draw, style)
  }
  if (type.range) return distinctRange(base, draw)
  return distinct[base]?.(type, draw) ?? plainValue(type)
}

/** One element: an array of none would be the same for every row. */
function distinctArray(type: ColumnType, element: string, draw: Draw): string {
  const value = distinctValue({ ...type, base: element, element: null }, draw)
  return value === null ? '{}' : `{"${value.replaceAll(/["\\]/g, '\\$&')}"}`
}

/** Another text of the same shape: letters for letters, digits for digits, so that length and pattern checks still hold. */
export function reshape(example: string, draw: Draw): string {
  const isHex = /^(?=.*[0-9])[0-9a-f-]+$/i.test(example)
  const letter = (first: string): string => String.fromCharCode(first.charCodeAt(0) + draw(isHex ? 6 : 26))
  return (
    example
      .replaceAll(/[a-z]/g, () => letter('a'))
      .replaceAll(/[A-Z]/g, () => letter('A'))
      // Never a zero: as a first digit it would get lost where the text is read as a number.
      .replaceAll(/\d/g, () => String(1 + draw(9)))
  )
}

function shapeSize(example: string): number {
  return example.replaceAll(/[^a-z0-9]/gi, '').length
}

const hex = (bytes: number, draw: Draw): string =>
  Array.from({ length: bytes }, () => draw(256).toString(16).padStart(2, '0')).join('')
const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

function uuid(draw: Draw): string {
  const digits = hex(16, draw)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
}

const date = (draw: Draw): string => `${2000 + draw(90)}-${pad(1 + draw(12))}-${pad(1 + draw(28))}`
const time = (draw: Draw): string => `${pad(draw(24))}:${pad(draw(60))}:${pad(draw(60))}.${pad(draw(1000), 3)}`

function distinctText(type: ColumnType, draw: Draw, style: TextStyle): string {
  const [length = Number.POSITIVE_INFINITY] = modifiers(type)
  if (style === 'email') return cut(length < 24 ? `${hex(2, draw)}@x.io` : `${hex(6, draw)}@example.com`, type)
  if (style === 'url') return cut(`https://example.com/${hex(6, draw)}`, type)
  return cut(length < 4 ? hex(4, draw) : `pw${hex(8, draw)}`, type)
}

function numeric(type: ColumnType, draw: Draw): string {
  const [precision = 12, scale = 0] = modifiers(type)
  const digits = Math.min(Math.max(precision - scale, 0), 12)
  const whole = digits === 0 ? '0' : String(1 + draw(10 ** digits - 1))
  const fraction = scale <= 0 ? '' : `.${pad(draw(10 ** Math.min(scale, 9)), Math.min(scale, 9))}`
  return `${whole}${fraction}`
}

function bits(type: ColumnType, draw: Draw): string {
  const [length = baseName(type) === 'bit' ? 1 : 16] = modifiers(type)
  return Array.from({ length }, () => String(draw(2))).join('')
}

const distinct: Readonly<Record<string, (type: ColumnType, draw: Draw) => string>> = {
  smallint: (_type, draw) => String(1 + draw(32_766)),
  integer: (_type, draw) => String(1_000_000_000 + draw(1_147_483_000)),
  bigint: (_type, draw) => String(4_000_000_000_000_000 + draw(2 ** 47)),
  numeric,
  real: (_type, draw) => String(1 + draw(1_000_000)),
  'double precision': (_type, draw) => String(1 + draw(2 ** 40)),
  money: (_type, draw) => String(1 + draw(1_000_000)),
  boolean: (_type, draw) => (draw(2) === 0 ? 'false' : 'true'),
  uuid: (_type, draw) => uuid(draw),
  bytea: (_type, draw) => `\\x${hex(32, draw)}`,
  date: (_type, draw) => date(draw),
  'timestamp without time zone': (_type, draw) => `${date(draw)} ${time(draw)}`,
  'timestamp with time zone': (_type, draw) => `${date(draw)} ${time(draw)}+00`,
  'time without time zone': (_type, draw) => time(draw),
  'time with time zone': (_type, draw) => `${time(draw)}+00`,
  interval: (_type, draw) => `${1 + draw(1_000_000)} seconds`,
  inet: (_type, draw) => `10.${draw(256)}.${draw(256)}.${draw(256)}`,
  cidr: (_type, draw) => `10.${draw(256)}.${draw(256)}.${draw(256)}/32`,
  macaddr: (_type, draw) => (hex(6, draw).match(/../g) ?? []).join(':'),
  macaddr8: (_type, draw) => (hex(8, draw).match(/../g) ?? []).join(':'),
  bit: bits,
  'bit varying': bits,
  json: (_type, draw) => `{"probe":"${hex(8, draw)}"}`,
  jsonb: (_type, draw) => `{"probe":"${hex(8, draw)}"}`,
}

/** Narrow and far from each other, so that an exclusion constraint lets two of them stand. */
function distinctRange(base: string, draw: Draw): string | null {
  const range = ((): string | undefined => {
    const from = 1_000_000_000 + draw(1_000_000_000)
    const day = `${2100 + draw(800)}-${pad(1 + draw(12))}-${pad(1 + draw(27))}`
    if (/^int[48]/.test(base) || base.startsWith('num')) return `[${from},${from + 1})`
    if (base.startsWith('date')) return `[${day},${day}]`
    if (base.startsWith('tstz')) return `["${day} 10:00:00+00","${day} 10:00:01+00")`
    if (base.startsWith('ts')) return `["${day} 10:00:00","${day} 10:00:01")`
    return undefined
  })()
  if (range === undefined) return base.endsWith('multirange') ? '{}' : 'empty'
  return base.endsWith('multirange') ? `{${range}}` : range
}
