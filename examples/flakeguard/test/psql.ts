/** psql, as far as the README needs it: the PostgreSQL of the tests brings none. */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { query } from './create-flakeguard-database.ts'

const { values, positionals } = parseArgs({
  options: {
    file: { type: 'string', short: 'f' },
    command: { type: 'string', short: 'c' },
    'no-align': { type: 'boolean', short: 'A' },
    'tuples-only': { type: 'boolean', short: 't' },
  },
  allowPositionals: true,
})
const [url = ''] = positionals
const sql = values.command ?? (await readFile(values.file ?? '', 'utf8'))
for (const row of (await query(url, sql)) ?? []) console.log(Object.values(row).join('|'))
