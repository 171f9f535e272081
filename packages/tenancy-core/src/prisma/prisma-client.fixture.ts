import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PrismaPg } from '@prisma/adapter-pg'

/** Options of the generated clients, as far as the tests use them. */
export interface FixtureClientOptions {
  readonly adapter: PrismaPg
  readonly log?: readonly { readonly emit: 'event'; readonly level: 'query' }[]
  readonly omit?: object
  readonly transactionOptions?: object
}

/** The part of the generated client that the tests use; the client itself exists only after it was generated. */
export interface FixtureClient {
  readonly repository: FixtureModel
  $transaction(queries: readonly PromiseLike<unknown>[], options?: object): Promise<readonly unknown[]>
  $transaction<T>(
    fn: (client: FixtureClient) => Promise<T>,
    options?: { isolationLevel?: string; timeout?: number; maxWait?: number },
  ): Promise<T>
  $queryRawUnsafe(sql: string, ...values: unknown[]): Promise<readonly Record<string, unknown>[]>
  $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number>
  $extends(extension: object): FixtureClient
  $on(event: 'query', listener: (event: { readonly query: string; readonly params: string }) => void): FixtureClient
  $connect(): Promise<void>
  $disconnect(): Promise<void>
}

/** Calls of one model. */
export interface FixtureModel {
  findUnique(query: object): PromiseLike<FixtureRow | null>
  findFirst(query?: object): PromiseLike<FixtureRow | null>
  findMany(query?: object): PromiseLike<readonly FixtureRow[]>
  create(query: object): PromiseLike<FixtureRow>
  update(query: object): PromiseLike<FixtureRow>
  count(): PromiseLike<number>
}

/** A repository as Prisma returns it. */
export interface FixtureRow {
  readonly id: string
  readonly orgId: string
  readonly name: string
  readonly tests?: readonly { readonly orgId: string }[]
}

/** A client of the same kind, on another schema. */
export type GeneratedClientClass<Client> = new (options: FixtureClientOptions) => Client

/** Generates the client of a schema, offline, when it is not there, and hands out its constructor. */
export async function fixtureClientClass(): Promise<GeneratedClientClass<FixtureClient>> {
  return await generatedClientClass('fixture')
}

/** The same for the schema of another directory beside this file. */
export async function generatedClientClass<Client>(name: string): Promise<GeneratedClientClass<Client>> {
  const directory = fileURLToPath(new URL(name, import.meta.url))
  const generated = join(directory, 'generated')
  if (!(await isGenerated(directory, generated))) await generate(directory, generated)
  const module = (await import(join(generated, 'client.ts'))) as { PrismaClient: GeneratedClientClass<Client> }
  return module.PrismaClient
}

/** Beside the place and moved there whole: files of tests that run at the same time generate the same client. */
async function generate(directory: string, generated: string): Promise<void> {
  const workshop = await mkdtemp(join(directory, 'generated-'))
  try {
    await cp(join(directory, 'schema.prisma'), join(workshop, 'schema.prisma'))
    await cp(fileURLToPath(new URL('fixture/prisma.config.ts', import.meta.url)), join(workshop, 'prisma.config.ts'))
    const main = fileURLToPath(new URL('../../node_modules/prisma/build/index.js', import.meta.url))
    // The schema engine is needed for migrations only, and Prisma would download it.
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' }
    const command = [main, 'generate', '--config', 'prisma.config.ts']
    await promisify(execFile)(process.execPath, command, { cwd: workshop, env })
    await cp(join(workshop, 'schema.prisma'), join(workshop, 'generated/schema.prisma'))
    if (await isGenerated(directory, generated)) return
    await rm(generated, { recursive: true, force: true })
    await rename(join(workshop, 'generated'), generated)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/** Whether the client is that of the schema as it is now. */
async function isGenerated(directory: string, generated: string): Promise<boolean> {
  const read = async (place: string): Promise<string> =>
    await readFile(join(place, 'schema.prisma'), 'utf8').catch(() => '')
  return (await read(generated)) === (await read(directory))
}

/** A client of a Prisma that calls its data loader by another name. */
export function withoutDataLoader<Client extends object>(client: Client): Client {
  const handler = Reflect.get(client, '_requestHandler') as object
  const renamed = new Proxy(handler, {
    get: (target, property) => {
      const value: unknown = property === 'dataloader' ? undefined : Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  Object.defineProperty(client, '_requestHandler', { value: renamed })
  return client
}
