import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import type { Pool } from 'pg'
import { RaceSession, settled } from './race-session.ts'
import type { RaceUrls } from './race-database.ts'
import type { Race } from './set-up.ts'

/** What happened in an interleaving, as its sessions saw it. */
export interface History {
  readonly race: Race
  readonly sessions: readonly RaceSession[]
  readonly lines: readonly string[]
}

/** Connections on which one interleaving after another is run. */
export class Lane implements AsyncDisposable {
  readonly #urls: RaceUrls
  readonly #admin: Pool
  readonly #idle = { app: [] as Client[], operator: [] as Client[] }

  /** `admin` disturbs; it is shared by lanes. */
  constructor(urls: RaceUrls, admin: Pool) {
    this.#urls = urls
    this.#admin = admin
  }

  /** Runs the sessions of a race at once, in the turns of its scenario. Afterwards none has a transaction. */
  async run(race: Race): Promise<History> {
    const { scenario, names, invitations } = race
    const lines: string[] = []
    const clients = await Promise.all(scenario.sessions.map(({ login }) => this.#take(login)))
    const sessions = scenario.sessions.map((session, number) => {
      const note = (text: string): void => void lines.push(`session ${number}: ${text}`)
      const disturb = (client: Client, kind: 'cancel' | 'kill' | 'vanish'): Promise<void> => {
        note(kind)
        return this.#disturb(client, kind)
      }
      return new RaceSession(session, clients[number] as Client, { number, names, invitations, note, disturb })
    })
    await takeTurns(sessions, scenario.turns)
    for (const [at, session] of sessions.entries()) {
      const client = clients[at] as Client
      if (session.broken) await this.#bury(client)
      else this.#idle[session.session.login].push(client)
    }
    return { race, sessions, lines }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#idle.app, ...this.#idle.operator].map((client) => client.end()))
  }

  async #take(login: 'app' | 'operator'): Promise<Client> {
    return this.#idle[login].pop() ?? (await connect(this.#urls[login]))
  }

  async #disturb(client: Client, kind: 'cancel' | 'kill' | 'vanish'): Promise<void> {
    if (kind === 'vanish') {
      // After what is being sent, so that the statement is on its way.
      await setTimeout(0)
      streamOf(client).destroy()
      return
    }
    const sql = `select ${kind === 'cancel' ? 'pg_cancel_backend' : 'pg_terminate_backend'}($1)`
    await this.#admin.query(sql, [processOf(client)])
  }

  /** A backend whose client is gone may go on to the end of its statement. */
  async #bury(client: Client): Promise<void> {
    streamOf(client).destroy()
    const gone = `select from pg_stat_activity where pid = $1`
    while ((await this.#admin.query(gone, [processOf(client)])).rowCount !== 0) await setTimeout(1)
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  // A backend that is killed tells the client, which has nobody else who listens.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Goes through the turns, and then through whatever is left of each session. */
async function takeTurns(sessions: readonly RaceSession[], turns: Race['scenario']['turns']): Promise<void> {
  const taken: Promise<void>[] = []
  for (let at = 0; sessions.some(({ remaining }) => remaining > 0); at += 1) {
    const { pick, settle } = turns[at % turns.length] as Race['scenario']['turns'][number]
    const left = sessions.filter(({ remaining }) => remaining > 0)
    const step = (left[pick % left.length] as RaceSession).advance()
    taken.push(step)
    if (settle) await settled(step)
  }
  await Promise.all(taken)
}

/** What node-postgres knows of its connection and does not declare. */
function processOf(client: Client): number {
  return (client as unknown as { readonly processID: number }).processID
}

function streamOf(client: Client): { destroy(): void } {
  return (client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream
}
