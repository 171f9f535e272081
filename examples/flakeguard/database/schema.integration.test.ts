import { PrismaPg } from '@prisma/adapter-pg'
import { describe, expect, it } from 'vitest'
import { PrismaClient } from '../generated/client.ts'
import { tablesInLoadOrder } from '../src/seed/dataset.ts'
import { generateDataset } from '../src/seed/generate-dataset.ts'
import { seed } from '../src/seed/seed.ts'
import { factsOfCatalog, listViews } from '../test/catalog-facts.ts'
import { createFlakeGuardDatabase, query } from '../test/create-flakeguard-database.ts'
import { readDataModel } from '../test/data-model.ts'
import { factsOfDataModel } from '../test/schema-facts.ts'

describe('schema.sql', () => {
  it('says the same as schema.prisma: types, nullability, defaults, keys, relations, indexes', async () => {
    await using database = await createFlakeGuardDatabase()
    const expected = factsOfDataModel(await readDataModel(), await listViews(database.url))
    expect(await factsOfCatalog(database.url)).toEqual(expected)
    expect(expected.length).toBeGreaterThan(250)
  })

  it.each([
    ['a dropped column', 'alter table "Task" drop column "dueOn"'],
    ['a column that nobody declared', 'alter table "Task" add column "extra" text'],
    ['another type', 'alter table "Task" alter column "number" type bigint'],
    ['another nullability', 'alter table "Task" alter column "title" drop not null'],
    ['a lost default', 'alter table "Task" alter column "body" drop default'],
    ['a lost unique', 'drop index "Repository_fullName_key"'],
    [
      'another effect on delete',
      `alter table "TaskComment" drop constraint "TaskComment_taskId_fkey",
       add constraint "TaskComment_taskId_fkey" foreign key ("taskId") references "Task" ("id") on delete set null`,
    ],
    ['another enum value', `alter type "TaskStatus" add value 'parked'`],
  ])('would be caught with %s', async (_, statement) => {
    await using database = await createFlakeGuardDatabase()
    const expected = factsOfDataModel(await readDataModel(), await listViews(database.url))
    await query(database.url, statement)
    expect(await factsOfCatalog(database.url)).not.toEqual(expected)
  })

  it('is written in full by the client: every model', async () => {
    await using database = await createFlakeGuardDatabase()
    const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url }) })
    try {
      const dataset = generateDataset({ scale: 0.1 })
      for (const table of tablesInLoadOrder) {
        if (table === '_TaskLabels') continue
        const { count } = await delegateOf(prisma, table).createMany({ data: dataset[table] })
        expect(count, table).toBe(dataset[table].length)
        expect(count, table).toBeGreaterThan(0)
      }
      const { models } = await readDataModel()
      const views = await listViews(database.url)
      const tables = models.filter(({ name, dbName }) => !views.has(dbName ?? name)).map(({ name }) => name)
      expect([...tables, '_TaskLabels'].toSorted()).toEqual(tablesInLoadOrder.toSorted())
    } finally {
      await prisma.$disconnect()
    }
  })

  it('is read in full by the client: every model, every column, every relation', async () => {
    await using database = await createFlakeGuardDatabase()
    await seed(database.url, { scale: 0.1 })
    const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url }) })
    try {
      const { models } = await readDataModel()
      for (const model of models) {
        const relations = model.fields.filter((field) => field.kind === 'object').map(({ name }) => [name, true])
        const include = relations.length === 0 ? {} : { include: Object.fromEntries(relations) as object }
        const row: object | null = await delegateOf(prisma, model.name).findFirst(include)
        expect(Object.keys(row ?? {}).toSorted(), model.name).toEqual(model.fields.map(({ name }) => name).toSorted())
      }
    } finally {
      await prisma.$disconnect()
    }
  })
})

interface Delegate {
  findFirst(query: object): Promise<object | null>
  createMany(query: { data: readonly object[] }): Promise<{ count: number }>
}

function delegateOf(prisma: PrismaClient, model: string): Delegate {
  const name = `${model.charAt(0).toLowerCase()}${model.slice(1)}`
  return (prisma as unknown as Readonly<Record<string, Delegate>>)[name] as Delegate
}
