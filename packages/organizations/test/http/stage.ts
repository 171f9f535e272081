import { Pool } from 'pg'
import * as z from 'zod'
import { createOrganizations, organizationRoutes } from '@partywall/organizations'
import type { Organizations } from '@partywall/organizations'
import { createTenancy } from '@partywall/tenancy-core'
import type { Directory, Tenancy } from '@partywall/tenancy-core'
import type { Route } from '@partywall/tenancy-core/http'

/** The logins of a converted database. */
export interface StageUrls {
  readonly appUrl: string
  readonly operatorUrl: string
  readonly adminUrl: string
}

/** What the attacked hosts stand on, and what the attackers' side sees of it as a superuser. */
export interface Stage extends AsyncDisposable {
  readonly tenancy: Tenancy
  readonly organizations: Organizations
  readonly directory: Directory
  readonly routes: readonly Route[]
  /** Runs SQL as a superuser. */
  readonly admin: <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>
}

/** A role that includes nothing that a route asks for. */
export const powerlessRole = 'powerless'

/** The address that the host's sign-in has verified. */
export function emailOf(userId: string): string {
  const [name = '', marker = 'nowhere'] = userId.split('-')
  return `${name}@${domainOf(marker)}`
}

/** The domain of an organization, by the marker of it. */
export function domainOf(marker: string): string {
  return `${marker}.test`
}

/** The settings of its organizations. */
export const stageSettings: z.ZodType<{ label: string }, { label?: string | undefined }> = z.strictObject({
  label: z.string().default('none'),
})

export async function openStage(urls: StageUrls): Promise<Stage> {
  const tenancy = createTenancy({
    pool: { connectionString: urls.appUrl, max: 4 },
    operator: { connectionString: urls.operatorUrl, max: 1 },
  })
  const pool = new Pool({ connectionString: urls.adminUrl, max: 2 })
  // Its connections end with the database.
  pool.on('error', () => {})
  const admin: Stage['admin'] = async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
    (await pool.query<Row>(sql, [...values])).rows
  // Whoever claims a domain has its record.
  const resolveTxt = async (name: string): Promise<string[][]> => {
    const rows = await admin<{ challenge: string }>(
      `select challenge from partywall.domains where '_partywall.' || domain = $1`,
      [name],
    )
    return rows.map(({ challenge }) => [challenge])
  }
  const organizations = createOrganizations(tenancy, { settings: stageSettings, dns: { resolveTxt } })
  await admin(
    `insert into partywall.roles (name, rank, permissions) values ($1, 10, '{nothing:read}') on conflict do nothing`,
    [powerlessRole],
  )
  return {
    tenancy,
    organizations,
    directory: organizations,
    routes: organizationRoutes(organizations, { emailOf: async (userId) => emailOf(userId) }),
    admin,
    [Symbol.asyncDispose]: async () => {
      await tenancy.close()
      await pool.end()
    },
  }
}
