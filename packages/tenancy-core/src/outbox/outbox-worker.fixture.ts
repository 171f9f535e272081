import { createTenancy } from '../tenancy.ts'
import { createOutbox } from './outbox.ts'

/** Delivers events by noting them in a table, until it is killed. */
const tenancy = createTenancy({
  pool: { connectionString: process.env['APP_URL'], max: 4 },
  operator: { connectionString: process.env['OPERATOR_URL'], max: 4 },
})
await createOutbox(tenancy).deliver(
  {
    '*': async (event) => {
      const values = [event.organizationId, event.position, event.attempt]
      await tenancy.pool.query('insert into deliveries (organization, position, attempt) values ($1, $2, $3)', values)
    },
  },
  { pollIntervalMs: 20, leaseMs: 2000, concurrency: 4 },
)
process.stdout.write('delivering\n')
