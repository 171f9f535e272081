import { readTenantModels } from './tenant-models.ts'
import type { TenantModels } from './tenant-models.ts'

/** After a conversion: foreign keys and unique keys have the tenant in them. Labels have a key of the database's. */
export const schema = `
datasource db { provider = "postgresql" }

model Repository {
  id       String
  orgId    String    @map("org_id")
  name     String
  tests    Test[]
  settings Settings?

  @@id([orgId, id])
  @@unique([orgId, name], name: "named")
}

model Settings {
  orgId        String
  repositoryId String
  limit        Int
  repository   Repository @relation(fields: [orgId, repositoryId], references: [orgId, id])

  @@id([orgId, repositoryId])
}

model Test {
  id           String
  orgId        String
  repositoryId String
  parentId     String?
  creatorId    String?
  repository   Repository @relation(fields: [orgId, repositoryId], references: [orgId, id])
  parent       Test?      @relation("Sub", fields: [orgId, parentId], references: [orgId, id])
  subtests     Test[]     @relation("Sub")
  creator      User?      @relation(fields: [creatorId], references: [id])
  labels       Label[]

  @@id([orgId, id])
}

model User {
  id    String @id
  email String @unique
  tests Test[]
}

model Label {
  id     String  @id
  orgId  String
  name   String  @unique
  testId String?
  test   Test?   @relation(fields: [testId], references: [id])
}
`

const scalars = {
  Repository: ['id', 'orgId', 'name'],
  Settings: ['orgId', 'repositoryId', 'limit'],
  Test: ['id', 'orgId', 'repositoryId', 'parentId', 'creatorId'],
  User: ['id', 'email'],
  Label: ['id', 'orgId', 'name', 'testId'],
}

const relations = {
  Repository: [
    ['tests', 'Test', 'RT'],
    ['settings', 'Settings', 'RS'],
  ],
  Settings: [['repository', 'Repository', 'RS']],
  Test: [
    ['repository', 'Repository', 'RT'],
    ['parent', 'Test', 'Sub'],
    ['subtests', 'Test', 'Sub'],
    ['creator', 'User', 'TU'],
    ['labels', 'Label', 'LT'],
  ],
  User: [['tests', 'Test', 'TU']],
  Label: [['test', 'Test', 'LT']],
}

/** A client, as far as its models are read. */
export function clientWith(inlineSchema: unknown, tenantType = 'String'): object {
  const models = Object.entries(scalars).map(([model, names]) => {
    const own = names.map((name) => ({ name, kind: 'scalar', type: name === 'orgId' ? tenantType : 'String' }))
    const related = relations[model as keyof typeof relations].map(([name, type, relationName]) => ({
      name,
      kind: 'object',
      type,
      relationName,
    }))
    return [model, { fields: [...own, ...related] }]
  })
  return { _runtimeDataModel: { models: Object.fromEntries(models) }, _engineConfig: { inlineSchema } }
}

export const models: TenantModels = readTenantModels(clientWith(schema), { field: 'orgId' })
