import type { ColumnType } from './column-type.ts'
import { baseName, cut, isText, modifiers } from './type-name.ts'

/** What a made-up text looks like, for the CHECK constraints that hosts like best. */
export type TextStyle = 'word' | 'email' | 'url'

/** The plainest value of the type, the same every time; null when the type is unknown. */
export function plainValue(type: ColumnType, style: TextStyle = 'word'): string | null {
  if (type.element !== null) return '{}'
  if (type.labels.length > 0) return type.labels[0] as string
  if (type.range) return type.base.endsWith('multirange') ? '{}' : 'empty'
  return isText(baseName(type))
    ? cut({ word: 'x', email: 'x@example.com', url: 'https://example.com' }[style], type)
    : plain(type)
}

function plain(type: ColumnType): string | null {
  const base = baseName(type)
  const [length] = modifiers(type)
  const known = plainValues[base]
  if (known !== undefined) return known
  if (base === 'bit') return '0'.repeat(length ?? 1)
  // pgvector, and types like it, take a list of as many numbers as the type says.
  if (base === 'vector' || base === 'halfvec') return `[${Array.from({ length: length ?? 1 }, () => 0).join(',')}]`
  return null
}

const plainValues: Readonly<Record<string, string>> = {
  smallint: '1',
  integer: '1',
  bigint: '1',
  // Also for numeric(p,p), which has room for no whole digit.
  numeric: '0',
  real: '1',
  'double precision': '1',
  money: '1',
  oid: '1',
  boolean: 'false',
  uuid: '00000000-0000-4000-a000-000000000001',
  bytea: '\\x00',
  date: '2020-01-01',
  'timestamp without time zone': '2020-01-01 00:00:00',
  'timestamp with time zone': '2020-01-01 00:00:00+00',
  'time without time zone': '00:00:00',
  'time with time zone': '00:00:00+00',
  interval: '1 second',
  inet: '10.0.0.1',
  cidr: '10.0.0.1/32',
  macaddr: '00:00:00:00:00:01',
  macaddr8: '00:00:00:00:00:00:00:01',
  'bit varying': '0',
  json: '{}',
  jsonb: '{}',
  char: 'x',
  xml: '<x/>',
  tsvector: '',
  tsquery: '',
  hstore: '',
  ltree: 'x',
  point: '(0,0)',
  line: '{1,0,0}',
  lseg: '[(0,0),(1,1)]',
  box: '(1,1),(0,0)',
  path: '[(0,0),(1,1)]',
  polygon: '((0,0),(1,0),(1,1))',
  circle: '<(0,0),1>',
  pg_lsn: '0/0',
  regclass: 'pg_class',
}
