import { EntitySchema } from 'typeorm'

/** A repository as TypeORM knows it. */
export interface RepositoryEntity {
  id: string
  organizationId: string
  name: string
  tests?: TestEntity[]
}

/** A test as TypeORM knows it. */
export interface TestEntity {
  id: string
  organizationId: string
  title: string
  repository?: { id: string }
}

const key = { type: 'uuid', primary: true, generated: 'uuid' } as const
const organization = { name: 'org_id', type: 'uuid', default: () => 'partywall.current_tenant_id()' } as const

export const repositoryEntity = new EntitySchema<RepositoryEntity>({
  name: 'Repository',
  tableName: 'repositories',
  columns: { id: key, organizationId: organization, name: { type: 'text' } },
  relations: { tests: { type: 'one-to-many', target: 'Test', inverseSide: 'repository', cascade: true } },
})

export const testEntity = new EntitySchema<TestEntity>({
  name: 'Test',
  tableName: 'tests',
  columns: { id: key, organizationId: organization, title: { type: 'text' } },
  relations: {
    repository: { type: 'many-to-one', target: 'Repository', joinColumn: { name: 'repository_id' } },
  },
})
