import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PrismaPg } from '@prisma/adapter-pg'
import type { Item } from '../work.ts'

/** The part of the generated client that the bench uses; the client itself exists only after it was generated. */
export interface BenchPrisma {
  readonly item: {
    findFirst(query: { where: { id: string } }): PromiseLike<Item | null>
    findUnique(query: { where: { id: string } }): PromiseLike<Item | null>
  }
  $transaction(queries: readonly PromiseLike<unknown>[]): Promise<unknown[]>
  $executeRaw(sql: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>
  $extends(extension: object): BenchPrisma
  $disconnect(): Promise<void>
}

/** Generates the client, offline, when it is not there, and hands out its constructor. */
export async function prismaClientClass(): Promise<new (options: { adapter: PrismaPg }) => BenchPrisma> {
  const client = new URL('../../generated/client.ts', import.meta.url)
  if (!existsSync(client)) await generate()
  const module = (await import(client.href)) as { PrismaClient: new (options: object) => BenchPrisma }
  return module.PrismaClient
}

async function generate(): Promise<void> {
  const directory = fileURLToPath(new URL('../..', import.meta.url))
  const main = fileURLToPath(new URL('../../node_modules/prisma/build/index.js', import.meta.url))
  // The schema engine is needed for migrations only, and Prisma would download it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' }
  await promisify(execFile)(process.execPath, [main, 'generate'], { cwd: directory, env })
}
