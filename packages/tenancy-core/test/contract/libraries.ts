import type { Lacks, OpenScope } from '@partywall/testing/contract'
import { openDrizzleScope } from './drizzle-scope.ts'
import { openKnexScope } from './knex-scope.ts'
import { openFilteredKyselyScope, openKyselyScope } from './kysely-scope.ts'
import { openPgScope, openPipelinedPgScope } from './pg-scope.ts'
import { openPrismaPerTenantScope, openPrismaScope } from './prisma-scope.ts'
import { openTypeormScope } from './typeorm-scope.ts'

/** A library on the tenant pool, and which calls of the port it does not have. */
export interface Library {
  readonly name: string
  readonly open: OpenScope
  readonly lacks: Lacks
}

const noCache = 'the library brings no cache of results'
const noBatch = 'the library sends no statements together'
const eager = 'a query of the library starts where it is called'

const pg: Lacks = { lazyList: eager, cachedList: noCache }
const kysely: Lacks = { lazyList: eager, batchList: noBatch, cachedList: noCache }
const prisma: Lacks = {
  session: 'Prisma keeps a connection for a transaction only',
  stream: 'Prisma has no cursors',
  cachedList: noCache,
}

/** Every library that the promises are kept for, in every mode that sends in a way of its own. */
export const libraries: readonly Library[] = [
  { name: 'pg', open: openPgScope, lacks: pg },
  { name: 'pg, pipelined', open: openPipelinedPgScope, lacks: pg },
  { name: 'Kysely', open: openKyselyScope, lacks: kysely },
  { name: 'Kysely with the literal filter', open: openFilteredKyselyScope, lacks: kysely },
  { name: 'Prisma', open: openPrismaScope, lacks: prisma },
  { name: 'Prisma, a client for each tenant', open: openPrismaPerTenantScope, lacks: prisma },
  {
    name: 'Drizzle',
    open: openDrizzleScope,
    lacks: { stream: 'Drizzle has no cursors for node-postgres', batchList: noBatch },
  },
  { name: 'Knex', open: openKnexScope, lacks: { batchList: noBatch, cachedList: noCache } },
  { name: 'TypeORM', open: openTypeormScope, lacks: { lazyList: eager, batchList: noBatch } },
]
