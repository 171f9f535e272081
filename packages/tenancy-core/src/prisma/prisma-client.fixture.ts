import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import type { PrismaPg } from '@prisma/adapter-pg'

const directory = new URL('fixture/', import.meta.url)

/** The part of the generated client that the tests use; the client itself exists only after it was generated. */
export interface FixtureClient {
  readonly repository: FixtureModel
  $transaction(queries: readonly PromiseLike<unknown>[]): Promise<readonly unknown[]>
  $transaction<T>(fn: (client: FixtureClient) => Promise<T>, options?: { isolationLevel?: string }): Promise<T>
  $queryRawUnsafe(sql: string, ...values: unknown[]): Promise<readonly Record<string, unknown>[]>
  $extends(extension: object): FixtureClient
  $disconnect(): Promise<void>
}

/** Calls of one model. */
export interface FixtureModel {
  findUnique(query: object): PromiseLike<FixtureRow | null>
  findFirst(query?: object): PromiseLike<FixtureRow | null>
  findMany(query?: object): PromiseLike<readonly FixtureRow[]>
  create(query: object): PromiseLike<FixtureRow>
  count(): PromiseLike<number>
}

/** A repository as Prisma returns it. */
export interface FixtureRow {
  readonly id: string
  readonly orgId: string
  readonly name: string
  readonly tests?: readonly { readonly orgId: string }[]
}

/** Generates the client, offline, when it is not there, and hands out its constructor. */
export async function fixtureClientClass(): Promise<new (options: { adapter: PrismaPg }) => FixtureClient> {
  const client = new URL('generated/client.ts', directory)
  if (!existsSync(client)) await generate()
  const module = (await import(client.href)) as { PrismaClient: new (options: object) => FixtureClient }
  return module.PrismaClient
}

async function generate(): Promise<void> {
  const main = new URL('../../node_modules/prisma/build/index.js', import.meta.url)
  // The schema engine is needed for migrations only, and Prisma would download it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' }
  const command = [main.pathname, 'generate', '--config', 'prisma.config.ts']
  await promisify(execFile)(process.execPath, command, { cwd: directory, env })
}
