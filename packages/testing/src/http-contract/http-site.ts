import { createTenancy } from '@partywall/tenancy-core'
import type { Directory, Tenancy } from '@partywall/tenancy-core'
import { testServer } from '../vitest.ts'
import { createContractDatabase } from '../contract/contract-database.ts'
import type { ContractDatabase } from '../contract/contract-database.ts'

/** A converted database with two organizations, `acme` of Ada and `globex` of Bob, and a tenancy over it. */
export interface HttpSite extends AsyncDisposable {
  readonly database: ContractDatabase
  readonly tenancy: Tenancy
  readonly directory: Directory
  /** The id of `acme`. */
  readonly acmeId: string
}

/** The people of the suite, each with the organization they are in. */
export const both: readonly (readonly [user: string, slug: string])[] = [
  ['ada', 'acme'],
  ['bob', 'globex'],
]

/**
 * Creates the site: for a test of a host beside the suite. Needs the global setup `@partywall/testing/vitest-global-setup`.
 *
 * @example
 * ```ts
 * await using site = await createHttpSite(createOrganizations)
 * const member = await site.directory.findMembership({ organization: 'acme', userId: 'ada' })
 * member?.role // 'owner'
 * ```
 */
export async function createHttpSite(directoryOf: (tenancy: Tenancy) => Directory): Promise<HttpSite> {
  const database = await createContractDatabase(await testServer())
  await database.admin(`create table projects (
    id integer generated always as identity primary key, org_id uuid not null default partywall.current_tenant_id(),
    name text not null)`)
  await database.admin('create policy tenant_access on projects for all using (true) with check (true)')
  await database.admin(`create policy tenant_isolation on projects as restrictive for all
    using (org_id = (select partywall.require_tenant_id())) with check (org_id = (select partywall.require_tenant_id()))`)
  await database.admin('alter table projects enable row level security')
  await database.admin(`grant all on projects to "${database.appRole}"`)
  const ids: string[] = []
  for (const [owner, slug] of both) ids.push(await addOrganization(database, { owner, slug }))
  const tenancy = createTenancy({
    pool: { connectionString: database.appUrl, max: 5 },
    operator: { connectionString: database.operatorUrl, max: 1 },
  })
  return {
    database,
    tenancy,
    directory: directoryOf(tenancy),
    acmeId: ids[0] ?? '',
    [Symbol.asyncDispose]: async () => {
      await tenancy.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

interface NewOrganization {
  readonly owner: string
  readonly slug: string
}

async function addOrganization(database: ContractDatabase, { owner, slug }: NewOrganization): Promise<string> {
  const [row] = await database.admin(
    'insert into partywall.organizations (slug, name) values ($1, $1) returning id::text as id',
    [slug],
  )
  const id = String(row?.['id'])
  const member = 'insert into partywall.memberships (organization_id, user_id, role) values ($1, $2, $3)'
  await database.admin(member, [id, owner, 'owner'])
  await database.admin(member, [id, `deputy-of-${slug}`, 'owner'])
  await database.admin(member, [id, `viewer-of-${slug}`, 'viewer'])
  await database.admin(
    `insert into projects (org_id, name) select $1::uuid, $2::text || ' ' || n from generate_series(1, 5) n`,
    [id, slug],
  )
  return id
}
