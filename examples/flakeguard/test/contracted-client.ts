import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import type { PrismaPg } from '@prisma/adapter-pg'
import { factsOfCatalog } from './catalog-facts.ts'
import { contractedSchema } from './contracted-schema.ts'

const root = path.join(import.meta.dirname, '..')

/** A row as Prisma returns it, or what else an operation answers with. */
export type Answer = Readonly<Record<string, unknown>>

type Model = Readonly<Record<string, (args?: object) => Promise<Answer>>>

/** The generated client, typed loosely: it exists only once a database was converted. */
export interface ContractedClient extends Readonly<
  Record<
    'repository' | 'task' | 'label' | 'testCase' | 'repositorySettings' | 'taskLabel' | 'testSuite' | 'user',
    Model
  >
> {
  $transaction(queries: readonly PromiseLike<unknown>[]): Promise<readonly Answer[]>
  $transaction<T>(fn: (client: ContractedClient) => Promise<T>, options?: object): Promise<T>
  $queryRawUnsafe(sql: string, ...values: unknown[]): Promise<readonly Answer[]>
  $on(event: 'query', listener: (event: { readonly query: string }) => void): void
  $extends(extension: unknown): ContractedClient
  $disconnect(): Promise<void>
}

export type ContractedClientClass = new (options: { adapter: PrismaPg; log?: object[] }) => ContractedClient

/** Generates a client for the schema that the conversion left behind, offline. */
export async function openContractedClient(
  ownerUrl: string,
): Promise<AsyncDisposable & { readonly PrismaClient: ContractedClientClass }> {
  const schema = await readFile(path.join(root, 'prisma/schema.prisma'), 'utf8')
  const contracted = contractedSchema(schema, await factsOfCatalog(ownerUrl))
  const directory = await mkdtemp(path.join(root, 'generated/contracted-'))
  const file = path.join(directory, 'schema.prisma')
  await writeFile(file, contracted.replace('"../generated"', '"./client"').replace(/generator dataModel \{[^}]*\}/, ''))
  const cli = path.join(path.dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build/index.js')
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' }
  await promisify(execFile)(process.execPath, [cli, 'generate', '--no-hints', '--schema', file], { cwd: root, env })
  const { PrismaClient } = (await import(path.join(directory, 'client/client.ts'))) as {
    PrismaClient: ContractedClientClass
  }
  return {
    PrismaClient,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true })
    },
  }
}
