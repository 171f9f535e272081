import type { ContractDatabase } from '@partywall/testing/contract'
import type { SoakOrganization } from './soak-target.ts'

/** Makes organizations with two repositories each. */
export async function createSoakOrganizations(
  database: Pick<ContractDatabase, 'admin'>,
  count: number,
): Promise<readonly SoakOrganization[]> {
  const rows = await database.admin(
    `with organization as (
       insert into partywall.organizations (slug, name)
       select 'soak-' || n, 'Soak ' || n from generate_series(1, $1::int) n returning id
     ), made as (
       insert into repositories (org_id, name) select id, name from organization, unnest(array['one', 'two']) name
       returning org_id, id, name
     )
     select org_id as id, id as "repositoryId" from made where name = 'one'`,
    [count],
  )
  return rows as unknown as readonly SoakOrganization[]
}
