import type { Capability, ContractDatabase, OpenScope } from '@partywall/testing/contract'
import { openKyselyScope } from '../contract/kysely-scope.ts'
import { openPgScope } from '../contract/pg-scope.ts'
import { openPrismaScope } from '../contract/prisma-scope.ts'
import { databaseSabotages } from './database-sabotage.ts'
import { flaws } from './flaw.ts'
import type { Flaw } from './flaw.ts'
import { plainScope } from './plain-scope.ts'
import { openSharedLoader, openUnstarted } from './prisma-sabotage.ts'

/** A scope to play the promises against: sound, or broken in one way. */
export interface Candidate {
  readonly name: string
  readonly sound: boolean
  readonly open: OpenScope
  readonly capabilities: readonly Capability[]
  /** SQL that breaks a copy of the database. */
  readonly alter?: string
}

const pgCapabilities = ['session', 'stream'] as const

/** Those that must keep every promise, then those that must break at least one. */
export function candidatesFor(database: ContractDatabase): readonly Candidate[] {
  const sound = [
    { name: 'pg', open: openPgScope, capabilities: pgCapabilities },
    { name: 'Kysely', open: openKyselyScope, capabilities: pgCapabilities },
    { name: 'Prisma', open: openPrismaScope, capabilities: ['lazyList'] as const },
    { name: 'a scope by hand', open: plainScope(), capabilities: pgCapabilities },
  ]
  const prisma = [
    { name: 'Prisma, one data loader for all', open: openSharedLoader, capabilities: [] },
    { name: 'Prisma, queries handed on unstarted', open: openUnstarted, capabilities: ['lazyList'] as const },
  ]
  return [
    ...sound.map((candidate) => ({ ...candidate, sound: true })),
    ...(Object.keys(flaws) as Flaw[]).map((flaw) => ({
      name: flaw,
      sound: false,
      open: plainScope(flaw),
      capabilities: pgCapabilities,
    })),
    ...prisma.map((candidate) => ({ ...candidate, sound: false })),
    ...Object.entries(databaseSabotages(database.appRole)).map(([name, alter]) => ({
      name,
      sound: false,
      open: openPgScope,
      capabilities: pgCapabilities,
      alter,
    })),
    {
      name: 'policy that is open without a tenant, scope by hand',
      sound: false,
      open: plainScope(),
      capabilities: pgCapabilities,
      alter: databaseSabotages(database.appRole)['policy that is open without a tenant'] ?? '',
    },
  ]
}
