import type { Tenancy, TenancyEvent } from '@partywall/tenancy-core'
import { createConvertedDatabase } from './converted-database.fixture.ts'
import type { ConvertedDatabase } from './converted-database.fixture.ts'
import { createOrganizations } from './organizations.ts'
import type { Organizations } from './organizations.ts'

/** Stands above owners. */
export const system = { type: 'system', id: 'test' } as const

/** The lines of a site that nobody has touched. */
export const untouched: readonly string[] = [
  'admin: admin active',
  'member: member active',
  'owner: owner active',
  'viewer: viewer active',
]

/** An organization with an owner, an admin, a member and a viewer, who are called so. */
export interface Site {
  readonly id: string
  /** Works in the scope of the organization for that user. */
  readonly as: <T>(userId: string, work: () => Promise<T>) => Promise<T>
  /** `user: role status`, in order. */
  readonly who: () => Promise<readonly string[]>
}

/** A converted database in which sites are made. */
export interface Sites extends AsyncDisposable {
  readonly database: ConvertedDatabase
  readonly tenancy: Tenancy
  readonly organizations: Organizations
  readonly events: TenancyEvent[]
  readonly newSite: (seatLimit?: number | null) => Promise<Site>
}

export async function createSites(): Promise<Sites> {
  const database = await createConvertedDatabase('enforce')
  const events: TenancyEvent[] = []
  const tenancy = database.open({ onEvent: (event) => void events.push(event) })
  const organizations = createOrganizations(tenancy)
  let count = 0
  return {
    database,
    tenancy,
    organizations,
    events,
    newSite: async (seatLimit = null) => {
      count += 1
      const owner = { userId: 'owner' }
      const created = { slug: `site-${count}`, name: 'Site', owner, seatLimit, actor: system }
      const { id } = await organizations.create(created)
      await tenancy.run({ organizationId: id, actor: system }, async () => {
        for (const role of ['admin', 'member', 'viewer']) await organizations.addMember({ userId: role, role })
      })
      return siteOf(id, { database, tenancy })
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

function siteOf(id: string, { database, tenancy }: Pick<Sites, 'database' | 'tenancy'>): Site {
  return {
    id,
    as: (userId, work) => tenancy.run({ organizationId: id, actor: { type: 'user', id: userId } }, work),
    who: async () => {
      const rows = await database.admin<{ line: string }>(
        `select user_id || ': ' || role || ' ' || status as line from partywall.memberships where organization_id = $1 order by 1`,
        [id],
      )
      return rows.map(({ line }) => line)
    },
  }
}
