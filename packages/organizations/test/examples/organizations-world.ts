import * as z from 'zod'
import { createOrganizations } from '@partywall/organizations'
import type { Organizations } from '@partywall/organizations'
import type { Actor, RunStatement, Tenancy } from '@partywall/tenancy-core'
import { createConvertedDatabase } from '../../src/converted-database.fixture.ts'
import { openRewindable } from './rewind-database.ts'

interface Values {
  readonly flakeThreshold: number
}

interface Chosen {
  readonly flakeThreshold?: number | undefined
}

/** The names that the examples of this package use without declaring them. */
export interface OrganizationsWorld {
  readonly tenancy: Tenancy
  /** Acme, which ada owns; bob is a member. */
  readonly organizations: Organizations<Values, Chosen>
  readonly organizationId: string
  readonly actor: Actor
  readonly userId: string
  /** An invitation's or a key's. */
  readonly id: string
  readonly token: string
  /** Runs statements as the operator. */
  readonly run: RunStatement
  /** What billing sent. */
  readonly event: { readonly created: number }
}

export const ada = '1'
export const bob = '42'
const users = `
  insert into users (id, email) values ('${ada}', 'ada@example.com'), ('${bob}', 'bob@example.com'), ('3', 'cy@example.com');`

/** The names, and what situations are made with. */
export interface OpenedWorld extends AsyncDisposable {
  readonly names: OrganizationsWorld
  /** Works in Acme, for a user. */
  readonly as: <T>(userId: string, work: () => Promise<T>) => Promise<T>
  /** What the name servers answer, by name. */
  readonly records: Map<string, string>
  /** Brings it back to its beginning. */
  readonly rewind: () => Promise<void>
}

const settings: z.ZodType<Values, Chosen> = z.strictObject({
  flakeThreshold: z.number().min(0).max(1).default(0.1),
})

/** A converted database with Acme, which ada owns and bob is a member of. */
export async function openOrganizationsWorld(): Promise<OpenedWorld> {
  const database = await createConvertedDatabase('contract', users)
  const tenancy = database.open()
  const records = new Map<string, string>()
  const organizations = createOrganizations(tenancy, {
    settings,
    plans: { fallback: 'free', catalog: { free: { repositories: 3 }, pro: { repositories: 'unlimited' } } },
    dns: { resolveTxt: async (name) => [[records.get(name) ?? '']] },
  })
  const actor: Actor = { type: 'system', id: 'billing' }
  const acme = await organizations.create({ slug: 'acme', name: 'Acme', owner: { userId: ada }, actor })
  const as: OpenedWorld['as'] = (userId, work) =>
    tenancy.run({ organizationId: acme.id, actor: { type: 'user', id: userId } }, work)
  await as(ada, () => organizations.addMember({ userId: bob, role: 'member' }))
  const rewindable = await openRewindable(database.adminUrl, ['public', 'partywall'])
  const run: RunStatement = async <Row extends object>(sql: string, values: readonly unknown[]) => {
    const asked = await tenancy.operator({ reason: 'an example', actor }, (pool) => pool.query<Row>(sql, [...values]))
    return asked.rows
  }
  return {
    names: {
      tenancy,
      organizations,
      organizationId: acme.id,
      actor,
      userId: ada,
      id: '',
      token: '',
      run,
      event: { created: Math.floor(Date.now() / 1000) },
    },
    as,
    records,
    rewind: async () => {
      records.clear()
      await rewindable.rewind()
    },
    [Symbol.asyncDispose]: async () => {
      await rewindable[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
