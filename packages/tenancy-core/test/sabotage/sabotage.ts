import type { ContractDatabase, Lacks, OpenScope } from '@partywall/testing/contract'
import { libraries } from '../contract/libraries.ts'
import { databaseSabotages } from './database-sabotage.ts'
import { flaws } from './flaw.ts'
import type { Flaw } from './flaw.ts'
import { librarySabotages } from './library-sabotage.ts'
import { openPgScope } from '../contract/pg-scope.ts'
import { plainScope } from './plain-scope.ts'

/** A scope to play the promises against: sound, or broken in one way. */
export interface Candidate {
  readonly name: string
  readonly sound: boolean
  readonly open: OpenScope
  readonly lacks: Lacks
  /** SQL that breaks a copy of the database. */
  readonly alter?: string | undefined
}

/** Those that must keep every promise, then those that must break at least one. */
export function candidatesFor(database: ContractDatabase): readonly Candidate[] {
  const plain = { open: plainScope(), lacks: lacksOf('pg') }
  const sound = [...libraries, { name: 'a scope by hand', ...plain }]
  const onDatabase = databaseSabotages(database.appRole)
  const open = 'policy that is open without a tenant'
  const sabotages = [
    ...(Object.keys(flaws) as Flaw[]).map((flaw) => ({ ...plain, name: flaw, open: plainScope(flaw) })),
    ...librarySabotages.map(({ library, ...one }) => ({ ...one, lacks: { ...lacksOf(library), ...one.lacks } })),
    ...Object.entries(onDatabase).map(([name, alter]) => ({ ...plain, name, open: openPgScope, alter })),
    { ...plain, name: `${open}, scope by hand`, alter: onDatabase[open] },
  ]
  return [
    ...sound.map((candidate) => ({ ...candidate, sound: true })),
    ...sabotages.map((candidate) => ({ ...candidate, sound: false })),
  ]
}

function lacksOf(library: string): Lacks {
  const known = libraries.find(({ name }) => name === library)
  if (known === undefined) throw new Error(`no library is called ${library}`)
  return known.lacks
}
