import type { Lacks, OpenScope } from '@partywall/testing/contract'
import { openSharedCacheDrizzle, openTransactionsOnlyDrizzle } from './drizzle-sabotage.ts'
import { openOwnPoolKnex, openSessionKnex } from './knex-sabotage.ts'
import { openFilterOnlyKysely } from './kysely-sabotage.ts'
import { openExtendedPrisma, openSharedLoader, openUnstarted } from './prisma-sabotage.ts'
import { openResettingTypeorm, openSharedCacheTypeorm } from './typeorm-sabotage.ts'

/** What hosts get wrong with a library, as far as one has seen it. */
export interface LibrarySabotage {
  readonly name: string
  /** The library as `libraries` calls it: the sabotage lacks what that lacks. */
  readonly library: string
  readonly open: OpenScope
  readonly lacks?: Lacks
  /** SQL that breaks a copy of the database first. */
  readonly alter?: string
}

const session = { session: 'the sabotage is about other calls' }
const wallDown = `
  alter table repositories no force row level security, disable row level security;
  alter table tests no force row level security, disable row level security`

/** Broken on purpose, one thing at a time. */
export const librarySabotages: readonly LibrarySabotage[] = [
  { name: 'Prisma, one data loader for all', library: 'Prisma', open: openSharedLoader },
  { name: 'Prisma, queries handed on unstarted', library: 'Prisma', open: openUnstarted },
  { name: 'Prisma, an extension on models', library: 'Prisma', open: openExtendedPrisma },
  {
    name: 'Kysely, the filter and no wall',
    library: 'Kysely',
    open: openFilterOnlyKysely,
    lacks: { ...session, stream: session.session },
    alter: wallDown,
  },
  { name: 'Drizzle, one cache for all', library: 'Drizzle', open: openSharedCacheDrizzle, lacks: session },
  {
    name: 'Drizzle, tenant in transactions only',
    library: 'Drizzle',
    open: openTransactionsOnlyDrizzle,
    lacks: { ...session, lazyList: session.session, cachedList: session.session },
  },
  { name: 'Knex, a pool of its own', library: 'Knex', open: openOwnPoolKnex },
  { name: 'Knex, tenant for the session', library: 'Knex', open: openSessionKnex },
  { name: 'TypeORM, one cache for all', library: 'TypeORM', open: openSharedCacheTypeorm },
  { name: 'TypeORM, set and reset', library: 'TypeORM', open: openResettingTypeorm },
]
