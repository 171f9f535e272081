import { partywall } from '@partywall/fastify'
import { createOrganizations } from '@partywall/organizations'
import { createTenancy } from '@partywall/tenancy-core'
import { claimFromUser, organizationFromHeader, userFromBearer } from '@partywall/tenancy-core/http'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'

/** A process that serves one of the hosts: `node host.ts <kind> <database url> <connections>`. Prints its port. */
const [kind = '', connectionString = '', connections = '10'] = process.argv.slice(2)
const pool = { connectionString, max: Number(connections) }
const columns = 'id, repository, test_name, status, duration_ms, started_at'
const sql = `select ${columns} from test_runs where id = $1`

interface ById {
  Params: { id: string }
}

/** The authentication of both hosts: a token is the name of a user. */
const verify = (token: string): string | undefined => (token.startsWith('user-') ? token : undefined)

const hosts: Readonly<Record<string, (app: FastifyInstance) => Promise<void>>> = {
  /** Raw `pg`, as services call it. */
  bare: async (app) => {
    const raw = new pg.Pool(pool)
    authenticate(app)
    app.get<ById>('/test-runs/:id', async ({ params }) => (await raw.query(sql, [params.id])).rows[0] as unknown)
  },
  /** The same, with a statement that is prepared once for each connection. */
  prepared: async (app) => {
    const raw = new pg.Pool(pool)
    authenticate(app)
    app.get<ById>('/test-runs/:id', async ({ params }) => {
      const { rows } = await raw.query({ name: 'run', text: sql, values: [params.id] })
      return rows[0] as unknown
    })
  },
  /** The same, over four connections that do not wait for their answers: what `pg` can do, with a program that deals them out. */
  pipelined: async (app) => {
    const clients = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const client = new pg.Client({ connectionString, pipeline: true })
        await client.connect()
        return client
      }),
    )
    let next = 0
    authenticate(app)
    app.get<ById>('/test-runs/:id', async ({ params }) => {
      const client = clients[(next += 1) % clients.length] as pg.Client
      const { rows } = await client.query({ name: 'run', text: sql, values: [params.id] })
      return rows[0] as unknown
    })
  },
  /** Claim, membership and permission, and the statement in the scope of the organization, as FlakeGuard is set up. */
  partywall: (app) => mount(app, { pipeline: { connections: 4 } }),
  /** The same, with a connection for each statement under way. */
  pool: (app) => mount(app, {}),
}

function authenticate(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    if (verify(token) === undefined) await reply.status(401).send({})
  })
}

async function mount(app: FastifyInstance, options: { pipeline?: { connections: number } }): Promise<void> {
  const tenancy = createTenancy({ pool, detectLostContext: false, ...options })
  await app.register(partywall, {
    tenancy,
    directory: createOrganizations(tenancy),
    claim: claimFromUser({ user: userFromBearer(verify), organization: organizationFromHeader() }),
  })
  app.get<ById>('/test-runs/:id', { config: { permission: 'test-runs:read' } }, async ({ params }) => {
    const { rows } = await tenancy.pool.query(sql, [params.id])
    return rows[0] as unknown
  })
}

const app = fastify()
await hosts[kind]?.(app)
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
