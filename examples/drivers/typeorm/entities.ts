import { EntitySchema } from 'typeorm'

export interface Repository {
  id: string
  orgId: string
  name: string
  stars: number
  testRuns?: TestRun[]
}

export interface TestRun {
  id: string
  orgId: string
  outcome: string
  repository?: Repository
}

/** Filled by the database; the service never writes it. */
const organization = { name: 'org_id', type: 'uuid', insert: false, update: false } as const

export const repositoryEntity = new EntitySchema<Repository>({
  name: 'Repository',
  tableName: 'repositories',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    orgId: organization,
    name: { type: 'text' },
    stars: { type: 'integer', default: 0 },
  },
  relations: { testRuns: { type: 'one-to-many', target: 'TestRun', inverseSide: 'repository' } },
})

export const testRunEntity = new EntitySchema<TestRun>({
  name: 'TestRun',
  tableName: 'test_runs',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    orgId: organization,
    outcome: { type: 'text' },
  },
  relations: {
    repository: { type: 'many-to-one', target: 'Repository', joinColumn: { name: 'repository_id' } },
  },
})
