import { parseArgs } from 'node:util'
import { seed } from '../src/seed/seed.ts'

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string', default: process.env['DATABASE_URL'] ?? '' },
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
})
if (values['database-url'] === '') {
  throw new Error('No database is named. Set DATABASE_URL or pass --database-url.')
}
const { rows, durationMs } = await seed(values['database-url'], {
  scale: Number(values.scale),
  seed: Number(values.seed),
})
console.table(rows)
console.log(`Loaded in ${Math.round(durationMs)} ms.`)
