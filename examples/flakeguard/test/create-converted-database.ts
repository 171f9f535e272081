import { applyPlan, openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'
import { createAppLogin, type AppLogin } from '@partywall/testing'
import { testServer } from '@partywall/testing/vitest'
import config from '../partywall.config.ts'
import { seed } from '../src/seed/seed.ts'
import { createFlakeGuardDatabase, query } from './create-flakeguard-database.ts'

/** A FlakeGuard database after its conversion, with two organizations. */
export interface ConvertedDatabase extends AsyncDisposable {
  readonly ownerUrl: string
  readonly appUrl: string
  readonly operatorUrl: string
  readonly first: TestOrganization
  readonly second: TestOrganization
  /** Somebody who is in the first organization only. */
  readonly strangerId: string
}

export interface TestOrganization {
  readonly id: string
  readonly slug: string
  /** What every repository of the organization has as its default branch: rows of the two differ in nothing else. */
  readonly mark: string
  readonly resultCount: number
  readonly memberIds: readonly string[]
}

export interface ConvertedDatabaseOptions {
  /** Called with the owner's URL while the database is still single-tenant. */
  readonly beforeConversion?: (ownerUrl: string) => Promise<void>
  /** How much data. @defaultValue 0.1 */
  readonly scale?: number
}

const seedOfBoth = 11

/**
 * Seeds, converts and adds an organization whose rows have the same ids as those of the first: an isolation that rests
 * on ids that are hard to guess would not be seen to fail otherwise.
 */
export async function createConvertedDatabase(options: ConvertedDatabaseOptions = {}): Promise<ConvertedDatabase> {
  const database = await createFlakeGuardDatabase({ createRole: true })
  const { url: ownerUrl } = database
  const { scale = 0.1 } = options
  await seed(ownerUrl, { scale, seed: seedOfBoth })
  await markRows(ownerUrl, 'true', 'default')
  await options.beforeConversion?.(ownerUrl)
  const { firstId, roles } = await convert(ownerUrl)
  const secondId = await addOrganization(ownerUrl, 'second')
  await seed(ownerUrl, { scale: scale / 2, seed: seedOfBoth, organizationId: secondId })
  await markRows(ownerUrl, `"orgId" = '${secondId}'`, 'second')
  // As `partywall members import` does: everybody is a member of the default organization.
  const everybody = await addMembers(ownerUrl, firstId, 'true')
  const half = await addMembers(ownerUrl, secondId, 'n % 2 = 0')
  const first = await describeOrganization(ownerUrl, { id: firstId, slug: 'default', memberIds: everybody })
  const second = await describeOrganization(ownerUrl, { id: secondId, slug: 'second', memberIds: half })
  const adminUrl = await administratorOf(ownerUrl)
  const app = await createAppLogin(adminUrl, { memberOf: [roles.app] })
  const operator = await createAppLogin(adminUrl, { memberOf: [roles.operator] })
  return {
    ownerUrl,
    appUrl: app.url,
    operatorUrl: operator.url,
    first,
    second,
    strangerId: everybody.find((id) => !half.includes(id)) ?? '',
    async [Symbol.asyncDispose]() {
      await dropLogins([app, operator])
      await database[Symbol.asyncDispose]()
    },
  }
}

async function convert(ownerUrl: string): Promise<{ firstId: string; roles: { app: string; operator: string } }> {
  await using session = await openSession({ url: ownerUrl, applicationName: 'flakeguard tests' })
  const { plan } = await readConversion(session, resolveConfig(config))
  await applyPlan({ session, plan, to: 'contract' })
  return { firstId: plan.settings.defaultOrganization?.id ?? '', roles: plan.settings.roles }
}

async function addOrganization(ownerUrl: string, slug: string): Promise<string> {
  const rows = await query<{ id: string }>(
    ownerUrl,
    'insert into partywall.organizations (slug, name) values ($1, $1) returning id::text as id',
    [slug],
  )
  return rows[0]?.id ?? ''
}

async function markRows(ownerUrl: string, condition: string, slug: string): Promise<void> {
  await query(ownerUrl, `update "Repository" set "defaultBranch" = $1 where ${condition}`, [markOf(slug)])
}

function markOf(slug: string): string {
  return `main-of-${slug}`
}

async function addMembers(ownerUrl: string, organizationId: string, condition: string): Promise<string[]> {
  const members = await query<{ id: string }>(
    ownerUrl,
    `insert into partywall.memberships (organization_id, user_id, role)
     select $1, u."id", 'member' from (select "id", row_number() over (order by "id") as n from "User") u
     where ${condition} order by "id"
     returning user_id as id`,
    [organizationId],
  )
  return members.map(({ id }) => id)
}

async function describeOrganization(
  ownerUrl: string,
  one: Pick<TestOrganization, 'id' | 'slug' | 'memberIds'>,
): Promise<TestOrganization> {
  const results = await query<{ count: number }>(
    ownerUrl,
    'select count(*)::integer as count from "TestResult" where "orgId" = $1',
    [one.id],
  )
  return { ...one, mark: markOf(one.slug), resultCount: results[0]?.count ?? 0 }
}

async function administratorOf(ownerUrl: string): Promise<string> {
  const server = await testServer()
  return server.url({ database: new URL(ownerUrl).pathname.slice(1) })
}

async function dropLogins(logins: readonly AppLogin[]): Promise<void> {
  for (const login of logins) await login.drop()
}
