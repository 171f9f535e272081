import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
import { scopedTypeorm } from '@partywall/tenancy-core/typeorm'
import { DataSource } from 'typeorm'
import { repositoryEntity, testRunEntity } from './entities.ts'

/** A service that uses TypeORM. */
export interface TypeormHost {
  readonly tenancy: Tenancy
  readonly dataSource: DataSource
}

/** Opens it on the login of the application. */
export async function openTypeormHost(connectionString: string): Promise<TypeormHost> {
  const tenancy = createTenancy({ pool: { connectionString, max: 4 } })
  const dataSource = new DataSource(scopedTypeorm(tenancy, { entities: [repositoryEntity, testRunEntity] }))
  await tenancy.bootstrap(() => dataSource.initialize())
  return { tenancy, dataSource }
}
