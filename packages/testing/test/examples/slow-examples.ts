import { join } from 'node:path'
import * as contract from '../../src/contract/index.ts'
import * as httpAttacks from '../../src/http-attacks/index.ts'
import * as httpContract from '../../src/http-contract/index.ts'
import * as testing from '../../src/index.ts'
import * as pgbouncer from '../../src/pgbouncer/index.ts'
import * as vitest from '../../src/vitest.ts'
import { readExamples } from '../../../../scripts/api-examples/read-examples.ts'
import type { ApiExample } from '../../../../scripts/api-examples/read-examples.ts'

/** What the examples of this package may use of it. */
export const published = { ...contract, ...httpAttacks, ...httpContract, ...testing, ...pgbouncer, ...vitest }

export const examples: readonly ApiExample[] = readExamples(
  join(import.meta.dirname, '../../../..'),
  'packages/testing/src',
)

/** They describe whole suites, or start a server. */
export const slowExamples: readonly string[] = [
  'describeHttpHost',
  'describeManagementApi',
  'describeTenantAttacks',
  'describeTenantScope',
  'startPostgres',
]

/** It needs PgBouncer. */
export const pooledExample = 'startPgBouncer'
