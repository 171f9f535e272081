import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as expressAdapter from '@partywall/express'
import * as fastifyAdapter from '@partywall/fastify'
import * as organizations from '@partywall/organizations'
import * as core from '@partywall/tenancy-core'
import * as http from '@partywall/tenancy-core/http'
import { readExamples } from '../../../../scripts/api-examples/read-examples.ts'
import type { ApiExample } from '../../../../scripts/api-examples/read-examples.ts'
import { runExample } from '../../../../scripts/api-examples/run-example.ts'
import type { ExampleNames } from '../../../../scripts/api-examples/run-example.ts'
import { apps, httpNames } from './http-names.ts'
import type { ExpressNames, FastifyNames } from './http-names.ts'
import { answersOf } from './http-situations.ts'
import { organizationsSituations } from './organizations-situations.ts'
import { ada, openOrganizationsWorld } from './organizations-world.ts'
import type { OpenedWorld } from './organizations-world.ts'

const root = join(import.meta.dirname, '../../../..')
const read = (directory: string): readonly ApiExample[] => readExamples(root, directory)
const published = { ...core, ...http, ...organizations }

let world: OpenedWorld

beforeAll(async () => {
  world = await openOrganizationsWorld()
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

async function run({ name, code }: ApiExample, names: ExampleNames): Promise<void> {
  const { as = ada, before } = organizationsSituations[name] ?? {}
  const own = await before?.(world)
  await world.as(as, () => runExample(code, { ...published, ...names, ...own }))
}

async function runOnFastify(example: ApiExample, adapter: ExampleNames = {}): Promise<void> {
  await world.rewind()
  const app = apps.fastify()
  try {
    const names: FastifyNames = { ...world.names, ...(await httpNames(app, world.names)) }
    await run(example, { ...names, ...adapter })
  } finally {
    await app.close()
  }
}

describe('the examples of organizations', () => {
  const examples = read('packages/organizations/src')

  it.each(examples)('$name', (example) => runOnFastify(example))

  it('have no situation that belongs to none of them', () => {
    const names = examples.map(({ name }) => name)
    expect(Object.keys(organizationsSituations).filter((name) => !names.includes(name))).toEqual([])
  })
})

describe('the examples of the routes', () => {
  it.each(read('packages/tenancy-core/src/http'))('$name', (example) => runOnFastify(example))
})

describe('the examples of the Fastify adapter', () => {
  it.each(read('packages/fastify/src'))('$name', (example) => runOnFastify(example, fastifyAdapter))
})

describe('the examples of the Express adapter', () => {
  it.each(read('packages/express/src'))('$name', async (example) => {
    await world.rewind()
    const { partywall: _, ...http } = await httpNames(apps.express(), world.names)
    const names: ExpressNames = { ...world.names, ...http }
    await run(example, { ...names, ...expressAdapter })
    await answersOf[example.path]?.(names)
  })
})
