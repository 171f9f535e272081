import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import type { ConvertedDatabase } from './converted-database.ts'
import { verifyInProcess } from './in-process.ts'

const CLIENTS = 16
const QUIET_MS = 10_000

/** How long the statements of a service took, in milliseconds. */
export interface Stalls {
  readonly statements: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
}

/** What a proof does to a service that goes on beside it. */
export interface LoadedProof {
  readonly alone: Stalls
  readonly underProof: Stalls
  /** The proof found nothing. */
  readonly ok: boolean
}

/** Sixteen clients write and read all tables as the application, first alone and then while the proof runs. */
export async function measureStalls(database: ConvertedDatabase): Promise<LoadedProof> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(database.appUrl)))
  try {
    const alone = await load({ database, clients }, wait(QUIET_MS))
    const proof = verifyInProcess(database)
    const underProof = await load({ database, clients }, proof)
    return { alone, underProof, ok: (await proof).ok }
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}

async function load(
  { database, clients }: { database: ConvertedDatabase; clients: readonly Client[] },
  end: Promise<unknown>,
): Promise<Stalls> {
  const took: number[] = []
  const run = { goesOn: true }
  const workers = clients.map(async (client, at) => {
    for (let turn = at; run.goesOn; turn += 1) {
      const startedAt = performance.now()
      await client.query(transactionOn(database, turn))
      took.push(performance.now() - startedAt)
    }
  })
  await end
  run.goesOn = false
  await Promise.all(workers)
  return summary(took)
}

/** In the default organization: read, insert, update and delete a row of the table whose turn it is. */
function transactionOn({ plan }: ConvertedDatabase, turn: number): string {
  const { name } = plan.tables.tenant[turn % plan.tables.tenant.length] as { name: string }
  const { setting, defaultOrganization } = plan.settings
  const code = `'bench ${turn} ${Math.random()}'`
  return [
    'begin',
    `select set_config('${setting}', '${defaultOrganization?.id ?? ''}', true)`,
    `select * from ${name} order by id limit 10`,
    `insert into ${name} (code, amount) values (${code}, 1)`,
    `update ${name} set amount = 2 where code = ${code}`,
    `delete from ${name} where code = ${code}`,
    'commit',
  ].join('; ')
}

function summary(took: number[]): Stalls {
  const sorted = took.toSorted((one, other) => one - other)
  const at = (part: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)
  return { statements: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1) }
}

const round = (value: number): number => Math.round(value * 10) / 10
