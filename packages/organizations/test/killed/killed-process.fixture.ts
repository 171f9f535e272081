import { Socket } from 'node:net'
import { createTenancy } from '@partywall/tenancy-core'
import { createOrganizations } from '../../src/organizations.ts'
import { killedOperations } from './kill-operation.ts'
import type { OperationInput } from './kill-operation.ts'

/** Performs an operation, and kills itself before or after the message to the database of that number. */
const { operation, input, killAt, when, appUrl, operatorUrl, applicationName } = JSON.parse(
  process.env['KILLED_PROCESS'] ?? '{}',
) as {
  operation: string
  input: OperationInput
  killAt: number
  when: 'before' | 'after'
  appUrl: string
  operatorUrl: string
  applicationName: string
}

const connection = { max: 2, application_name: applicationName }
const tenancy = createTenancy({
  pool: { ...connection, connectionString: appUrl },
  operator: { ...connection, connectionString: operatorUrl },
})
// Connections are there when the count begins: what it takes to open them is no step of an operation.
await tenancy.ready()
await tenancy.operator({ reason: 'test', actor: { type: 'system', id: 'test' } }, (pool) => pool.query('select 1'))

let isCounting = true
let count = 0
const end = (): void => void process.kill(process.pid, 'SIGKILL')
for (const method of ['_write', '_writev'] as const) {
  const write = Socket.prototype[method] as (...parameters: unknown[]) => void
  Object.assign(Socket.prototype, {
    [method](this: Socket, ...parameters: unknown[]) {
      if (isCounting) count += 1
      if (isCounting && count === killAt && when === 'before') end()
      write.apply(this, parameters)
      if (isCounting && count === killAt && when === 'after') end()
    },
  })
}
await killedOperations
  .find(({ name }) => name === operation)
  ?.perform({ tenancy, organizations: createOrganizations(tenancy) }, input)
isCounting = false
process.exit(0)
