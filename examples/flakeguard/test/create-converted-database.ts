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
}

export interface TestOrganization {
  readonly id: string
  readonly slug: string
  /** What every repository of the organization has as its default branch: rows of the two differ in nothing else. */
  readonly mark: string
  readonly resultCount: number
  /** People who are in this organization and not in the other. */
  readonly memberIds: readonly string[]
}

const seedOfBoth = 11

/**
 * Seeds, converts and adds an organization whose rows have the same ids as those of the first: an isolation that rests
 * on ids that are hard to guess would not be seen to fail otherwise.
 */
export async function createConvertedDatabase(): Promise<ConvertedDatabase> {
  const database = await createFlakeGuardDatabase({ createRole: true })
  const { url: ownerUrl } = database
  await seed(ownerUrl, { scale: 0.1, seed: seedOfBoth })
  const { firstId, roles } = await convert(ownerUrl)
  const secondId = await addOrganization(ownerUrl, 'second')
  await seed(ownerUrl, { scale: 0.05, seed: seedOfBoth, organizationId: secondId })
  const first = await describeOrganization(ownerUrl, { id: firstId, slug: 'default', half: 0 })
  const second = await describeOrganization(ownerUrl, { id: secondId, slug: 'second', half: 1 })
  const adminUrl = await administratorOf(ownerUrl)
  const app = await createAppLogin(adminUrl, { memberOf: [roles.app] })
  const operator = await createAppLogin(adminUrl, { memberOf: [roles.operator] })
  return {
    ownerUrl,
    appUrl: app.url,
    operatorUrl: operator.url,
    first,
    second,
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
  return { firstId: plan.settings.defaultOrganization.id, roles: plan.settings.roles }
}

async function addOrganization(ownerUrl: string, slug: string): Promise<string> {
  const rows = await query<{ id: string }>(
    ownerUrl,
    'insert into partywall.organizations (slug, name) values ($1, $1) returning id::text as id',
    [slug],
  )
  return rows[0]?.id ?? ''
}

/** Makes every other user a member, and marks the rows of the organization. */
async function describeOrganization(
  ownerUrl: string,
  { id, slug, half }: { id: string; slug: string; half: 0 | 1 },
): Promise<TestOrganization> {
  const mark = `main-of-${slug}`
  await query(ownerUrl, 'update "Repository" set "defaultBranch" = $2 where "orgId" = $1', [id, mark])
  const members = await query<{ id: string }>(
    ownerUrl,
    `insert into partywall.memberships (organization_id, user_id, role)
     select $1, u."id", 'member' from (select "id", row_number() over (order by "id") as n from "User") u where n % 2 = $2
     returning user_id as id`,
    [id, half],
  )
  const results = await query<{ count: number }>(
    ownerUrl,
    'select count(*)::integer as count from "TestResult" where "orgId" = $1',
    [id],
  )
  return { id, slug, mark, resultCount: results[0]?.count ?? 0, memberIds: members.map((member) => member.id) }
}

async function administratorOf(ownerUrl: string): Promise<string> {
  const server = await testServer()
  return server.url({ database: new URL(ownerUrl).pathname.slice(1) })
}

async function dropLogins(logins: readonly AppLogin[]): Promise<void> {
  for (const login of logins) await login.drop()
}
