import pg from 'pg'
import { it } from 'vitest'
import { defineConfig } from 'vitest/config'
import { createTenancy } from '@partywall/tenancy-core'
import type { Tenancy } from '@partywall/tenancy-core'
import { createOrganizations, organizationRoutes } from '@partywall/organizations'
import { startHttpHost } from '../../../fastify/src/http-host.fixture.ts'
import { openPgScope } from '../../../tenancy-core/test/contract/pg-scope.ts'
import { createContractDatabase, tenantScopePromises } from '../../src/contract/index.ts'
import type { ContractDatabase, OpenScope, Stage, TenantScopePromise } from '../../src/contract/index.ts'
import { keepPromise } from '../../src/contract/index.ts'
import type { AppLogin } from '../../src/index.ts'
import { createAppLogin } from '../../src/index.ts'
import { managementDns, managementSettings } from '../../src/http-contract/index.ts'
import type { DescribeManagementApiOptions, StartHttpHost } from '../../src/http-contract/index.ts'
import { testServer } from '../../src/vitest.ts'
import type { TestServer } from '../../src/vitest.ts'
import { withClient } from '../../src/with-client.ts'

/** The names that the examples of this package use without declaring them. */
export interface TestingNames {
  readonly pg: typeof pg
  readonly it: (name: string, test: () => Promise<void>) => void
  readonly defineConfig: typeof defineConfig
  readonly server: TestServer
  readonly database: ContractDatabase
  readonly appRole: string
  readonly login: AppLogin
  readonly tenancy: Tenancy
  readonly migrate: (url: string) => Promise<void>
  readonly openScope: OpenScope
  /** What a promise is played on. */
  readonly stage: Stage
  readonly createOrganizations: typeof createOrganizations
  readonly startHost: StartHttpHost
  readonly openOrganizations: DescribeManagementApiOptions['open']
}

/** The names that need no database. */
export const suiteNames = {
  pg,
  it,
  defineConfig,
  openScope: openPgScope,
  createOrganizations,
  startHost: startHttpHost,
  openOrganizations: (tenancy: Tenancy) => {
    const organizations = createOrganizations(tenancy, { settings: managementSettings, dns: managementDns })
    const emailOf = async (userId: string): Promise<string | undefined> =>
      userId === 'nobody' ? undefined : `${userId}@example.com`
    return { directory: organizations, routes: organizationRoutes(organizations, { emailOf }) }
  },
} satisfies Partial<TestingNames>

/** A converted database, and how to work with the names over it. */
export interface TestingStage extends AsyncDisposable {
  readonly run: (work: (names: TestingNames) => Promise<void>) => Promise<void>
}

export async function openTestingStage(): Promise<TestingStage> {
  const server = await testServer()
  const database = await createContractDatabase(server)
  const login = await createAppLogin(database.adminUrl, { memberOf: [database.appRole] })
  const tenancy = createTenancy({ pool: { connectionString: login.url, max: 2 } })
  const migrate = (url: string): Promise<void> =>
    withClient({ connectionString: url }, async (client) => void (await client.query('create table shops (id int)')))
  const { appRole } = database
  return {
    run: async (work) => {
      // A promise is given its stage by who plays it, so the example is played as one.
      const play = async (stage: Stage): Promise<void> =>
        await work({ ...suiteNames, server, database, appRole, login, tenancy, migrate, stage })
      const promise: TenantScopePromise = { ...(tenantScopePromises[0] as TenantScopePromise), run: play }
      await keepPromise(promise, { database, open: openPgScope })
    },
    [Symbol.asyncDispose]: async () => {
      await tenancy.close()
      await login.drop()
      await database[Symbol.asyncDispose]()
    },
  }
}
