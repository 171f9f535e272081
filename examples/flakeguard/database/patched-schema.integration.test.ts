import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { PrismaPg } from '@prisma/adapter-pg'
import { conversionCommands, runCli } from '@partywall/rls-migrations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tablesInLoadOrder } from '../src/seed/dataset.ts'
import { generateDataset } from '../src/seed/generate-dataset.ts'
import { factsOfCatalog, listViews } from '../test/catalog-facts.ts'
import { createConvertedDatabase, type ConvertedDatabase } from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'
import { readDataModel, type DataModel } from '../test/data-model.ts'
import { factsOfDataModel } from '../test/schema-facts.ts'

const root = path.join(import.meta.dirname, '..')
/** What the application does not write: people, and what the configuration leaves out. */
const notWritten = ['User', 'Session', 'ApiToken']

let directory: string
let database: ConvertedDatabase

/** Emits the migrations while the database is as it was, converts it by apply, and generates the client of the patch. */
beforeAll(async () => {
  directory = await mkdtemp(path.join(root, 'generated/patched-'))
  database = await createConvertedDatabase({ beforeConversion: emit })
  const patched = await readFile(path.join(directory, 'prisma/schema.prisma.partywall'), 'utf8')
  const file = path.join(directory, 'schema.prisma')
  const generator = JSON.stringify(`node ${path.join(root, 'scripts/data-model-generator.mjs')}`)
  await writeFile(
    file,
    patched
      .replace('"../generated"', '"./client"')
      .replace('"node scripts/data-model-generator.mjs"', generator)
      .replace('"../generated/data-model.json"', '"./data-model.json"'),
  )
  const cli = path.join(path.dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build/index.js')
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', CHECKPOINT_DISABLE: '1' }
  await promisify(execFile)(process.execPath, [cli, 'generate', '--no-hints', '--schema', file], { cwd: root, env })
}, 120_000)

afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
  await database[Symbol.asyncDispose]()
})

async function emit(ownerUrl: string): Promise<void> {
  let complaint = ''
  await runCli({
    argv: ['plan', '--emit', 'prisma', '--out', directory, '--yes'],
    commands: conversionCommands,
    io: {
      write: () => undefined,
      writeError: (text) => (complaint += text),
      isLive: false,
      isInteractive: false,
      ask: async () => 'no',
      env: { DATABASE_URL: ownerUrl },
      cwd: root,
    },
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('not needed here')) },
  })
  expect(complaint).toBe('')
}

describe('the schema that plan --emit prisma patches', () => {
  it('says the same as the database after contract: types, defaults, keys, relations, indexes', async () => {
    const model = inColumns(await readDataModel(path.join(directory, 'data-model.json')))
    const expected = factsOfDataModel(model, await listViews(database.ownerUrl))
    expect(await factsOfCatalog(database.ownerUrl)).toEqual(expected)
    expect(expected.filter((fact) => fact.includes('orgId')).length).toBeGreaterThan(100)
  })

  it('gives a client that writes, reads, changes and deletes every model for one organization', async () => {
    const organization = await addOrganization()
    const client = await openClient(organization)
    try {
      const dataset = generateDataset({ scale: 0.1, seed: 11 })
      const written = tablesInLoadOrder.filter((table) => !notWritten.includes(table))
      for (const table of written) {
        const data =
          table === '_TaskLabels' ? dataset[table].map(({ A, B }) => ({ labelId: A, taskId: B })) : dataset[table]
        const { count } = await client[delegateName(table)]!.createMany({ data })
        expect(count, table).toBe(dataset[table].length)
      }
      const { models } = await readDataModel(path.join(directory, 'data-model.json'))
      for (const table of written)
        await exercise(
          client,
          models.find((one) => (one.dbName ?? one.name) === table)!,
          organization,
        )
      for (const table of written.toReversed()) {
        const { count } = await client[delegateName(table)]!.deleteMany({})
        expect(count, table).toBe(dataset[table].length)
      }
    } finally {
      await client.$disconnect()
    }
  })
})

type Model = DataModel['models'][number]

/** Reads a row with all that it is related to, finds it again by its compound key, and changes it. */
async function exercise(client: Client, model: Model, organization: string): Promise<void> {
  const delegate = client[delegateName(model.name)]!
  const relations = model.fields.filter((field) => field.kind === 'object' && !isOutOfReach(field.type))
  const row = await delegate.findFirst({ include: Object.fromEntries(relations.map(({ name }) => [name, true])) })
  expect(row?.['orgId'], model.name).toBe(organization)
  // A key that the database draws stays as it is: no organization can ask for another one's.
  const fields = model.primaryKey?.fields ?? model.fields.filter((field) => field.isId).map(({ name }) => name)
  const key = Object.fromEntries(fields.map((field) => [field, row?.[field]]))
  const whereKey = (one: Readonly<Record<string, unknown>>): object =>
    fields.length === 1 ? one : { [fields.join('_')]: one }
  const where = whereKey(key)
  expect(await delegate.findUnique({ where }), model.name).toMatchObject(key)
  expect(await delegate.update({ where, data: { orgId: organization } }), model.name).toMatchObject(key)
  if (fields.length > 1) {
    expect(fields[0], model.name).toBe('orgId')
    const foreign = whereKey({ ...key, orgId: database.first.id })
    expect(await delegate.findUnique({ where: foreign }), model.name).toBeNull()
  }
}

function isOutOfReach(type: string): boolean {
  return type === 'Session' || type === 'ApiToken'
}

interface Delegate {
  findFirst(query: object): Promise<Readonly<Record<string, unknown>> | null>
  findUnique(query: object): Promise<object | null>
  createMany(query: { data: readonly object[] }): Promise<{ count: number }>
  update(query: object): Promise<object>
  deleteMany(query: object): Promise<{ count: number }>
}

type Client = { $disconnect(): Promise<void> } & Readonly<Record<string, Delegate>>

/** A client of the application's login, bound to one organization for as long as it lives. */
async function openClient(organization: string): Promise<Client> {
  const { PrismaClient } = (await import(path.join(directory, 'client/client.ts'))) as {
    PrismaClient: new (options: { adapter: PrismaPg }) => Client
  }
  const url = new URL(database.appUrl)
  url.searchParams.set('options', `-c app.current_tenant_id=${organization}`)
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: url.href }) })
}

async function addOrganization(): Promise<string> {
  const rows = await query<{ id: string }>(
    database.ownerUrl,
    "insert into partywall.organizations (slug, name) values ('third', 'Third') returning id::text as id",
  )
  return rows[0]?.id ?? ''
}

function delegateName(table: string): string {
  const model = table.replace(/^_/, '')
  return `${model.charAt(0).toLowerCase()}${model.slice(1)}`
}

/** The data model with tables and columns called as the database calls them. */
function inColumns(model: DataModel): DataModel {
  const columnOf = (table: string, field: string): string =>
    model.models.find(({ name }) => name === table)?.fields.find(({ name }) => name === field)?.dbName ?? field
  const tableOf = (name: string): string => model.models.find((one) => one.name === name)?.dbName ?? name
  return {
    ...model,
    models: model.models.map((one) => ({
      ...one,
      name: tableOf(one.name),
      fields: one.fields.map((field) => ({
        ...field,
        name: columnOf(one.name, field.name),
        relationFromFields: (field.relationFromFields ?? []).map((name) => columnOf(one.name, name)),
      })),
      primaryKey: one.primaryKey && { fields: one.primaryKey.fields.map((name) => columnOf(one.name, name)) },
    })),
    indexes: model.indexes.map((index) => ({
      ...index,
      fields: index.fields.map((field) => ({ ...field, name: columnOf(index.model, field.name) })),
      model: tableOf(index.model),
    })),
  }
}
