import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSealedDatabase } from './sealed-database.fixture.ts'
import type { SealedDatabase } from './sealed-database.fixture.ts'
import { createSealKey, writeSealKey } from './seal/seal-key.ts'
import { signTenant } from './seal/sign-tenant.ts'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { Tenancy } from './tenancy.ts'

const everyRow = 'select org_id, name from repositories order by name'

let database: SealedDatabase
let tenancy: Tenancy
let first: string
let second: string

beforeAll(async () => {
  database = await createSealedDatabase(40)
  tenancy = database.open({ seal: database.seal })
  ;[first, second] = database.organizations as [string, string]
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

const inMs = (ms: number): Date => new Date(Date.now() + ms)

function token(
  organizationId: string,
  given: Partial<Parameters<typeof signTenant>[1]> & { key?: SealedDatabase['key'] } = {},
): string {
  const { key = database.key, ...claim } = given
  return signTenant(key, { organizationId, database: database.name, expiresAt: inMs(60_000), ...claim })
}

/** A connection of the application's own login, with nothing in front of it: what an attacker has who may run any SQL. */
async function asAttacker<T>(act: (client: Client) => Promise<T>, url = database.appUrl): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await act(client)
  } finally {
    await client.end()
  }
}

/** The organizations whose rows are read with this value of the setting, or the message of the refusal. */
async function readWith(value: string, url?: string): Promise<unknown> {
  return await asAttacker(async (client) => {
    await client.query("select set_config('app.current_tenant_id', $1, false)", [value])
    const read = client.query('select distinct org_id from repositories')
    return await read.then(
      ({ rows }) => rows.map((row) => row.org_id),
      ({ code, message }) => `${code} ${message}`,
    )
  }, url)
}

describe('a tenancy with a seal', () => {
  it('sees the rows of the organization in scope, with 64 callers of 40 organizations', async () => {
    const crossings: unknown[] = []
    let answered = 0
    const caller = async (seed: number): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        const organizationId = database.organizations[(seed * 7 + turn) % 40] as string
        const { rows } = await tenancy.run({ organizationId }, () => tenancy.pool.query(everyRow))
        answered += rows.length
        if (rows.some((row) => row.org_id !== organizationId)) crossings.push({ organizationId, rows })
      }
    }
    await Promise.all(Array.from({ length: 64 }, (_, seed) => caller(seed)))
    expect(crossings).toEqual([])
    expect(answered).toBe(64 * 40 * 5)
  })

  it.each([{}, { pipeline: { connections: 1 } }, { preparedContext: false }])(
    'writes, transacts and batches with %j',
    async (options) => {
      const given = database.open({ seal: database.seal, pool: { max: 2 }, ...options })
      await given.run({ organizationId: first, timeoutMs: 5000 }, async () => {
        const { rows } = await given.pool.query("insert into repositories (name) values ('new') returning org_id")
        expect(rows).toEqual([{ org_id: first }])
        const client = await given.pool.connect()
        await client.query('begin')
        await client.query('savepoint here')
        await client.query("update repositories set name = 'newer' where name = 'new'")
        await client.query('rollback to here')
        expect((await client.query(everyRow)).rows).toHaveLength(6)
        await client.query('commit')
        client.release()
        const [deleted] = await given.pool.batch([{ text: "delete from repositories where name = 'new'" }])
        expect(deleted?.rowCount).toBe(1)
        const foreign = given.pool.query("insert into repositories (org_id, name) values ($1, 'x')", [second])
        await expect(foreign).rejects.toMatchObject({ code: '42501' })
      })
    },
  )

  it('reads a replica, and observes what has no scope', async () => {
    await database.admin('insert into partywall.organizations (id, slug, name) values ($1, $2, $2)', [first, 'first'])
    const observe = { organizationId: first }
    const given = database.open({
      seal: database.seal,
      replica: { connectionString: database.appUrl },
      mode: 'observe',
      observe,
    })
    const { rows } = await given.run({ organizationId: second }, () => given.replica.query(everyRow))
    expect(rows).toHaveLength(5)
    expect((await given.pool.query(everyRow)).rows).toMatchObject(Array.from({ length: 5 }, () => ({ org_id: first })))
  })

  it('has no tenant in a bootstrap scope, where lookups work', async () => {
    await expect(tenancy.bootstrap(() => tenancy.pool.query(everyRow))).rejects.toMatchObject({
      code: '42501',
      message: 'tenant context is not set',
    })
    const lookup = tenancy.bootstrap(() => tenancy.pool.query("select * from partywall.list_memberships('nobody')"))
    expect((await lookup).rows).toEqual([])
  })

  it('is refused by a database that takes bare ids', async () => {
    await using plain = await createTenantDatabase(1)
    await expect(plain.open({ seal: database.seal }).ready()).rejects.toMatchObject({ code: 'SEAL_MISSING' })
  })
})

describe('injected SQL', () => {
  // A literal for the text of the statement, as an injection would write it: nothing in front of the server sees through it.
  const injection = (value: string): string => `
    select query_to_xml('select set_config(''app.current_tenant_id'', ''${value}'', true)', false, false, '')::text
      || query_to_xml('select org_id from repositories', false, false, '')::text as loot`

  it('reaches another organization where the context is a bare id', async () => {
    await using plain = await createTenantDatabase(2)
    const [a = '', b = ''] = plain.organizations
    const given = plain.open()
    const { rows } = await given.run({ organizationId: a }, () => given.pool.query(injection(b)))
    expect(rows[0].loot).toContain(`<org_id>${b}</org_id>`)
  })

  it('does not reach it with its id where the context is sealed, in a statement or a DO block', async () => {
    const inScope = tenancy.run({ organizationId: first }, () => tenancy.pool.query(injection(second)))
    await expect(inScope).rejects.toMatchObject({ code: '42501', message: 'tenant token is not valid' })
    const block = `do $$ begin
      execute 'select set_config(' || quote_literal('app.current_tenant_id') || ', ' || quote_literal('${second}') || ', true)';
      update repositories set name = name || '!';
    end $$`
    await expect(tenancy.run({ organizationId: first }, () => tenancy.pool.query(block))).rejects.toMatchObject({
      code: '42501',
    })
    const { rows } = await tenancy.run({ organizationId: second }, () => tenancy.pool.query(everyRow))
    expect(rows.some((row) => String(row.name).endsWith('!'))).toBe(false)
  })

  it.each<[string, () => string]>([
    ['a bare id', () => second],
    ['a text that is no token', () => 'nonsense'],
    ['a token without anything in it', () => '.'.repeat(80)],
    ['its own token with the other organization in it', () => token(first).replace(first, second)],
    ['its own token with a later expiry', () => token(first).replace(/\.\d{10}\./, '.9999999999.')],
    [
      'a token signed with another key under the same name',
      () => token(second, { key: { ...createSealKey(), id: database.key.id } }),
    ],
    ['a token signed with a key that the database does not have', () => token(second, { key: createSealKey() })],
    ['a token of another database', () => token(second, { database: 'another' })],
  ])('reads nothing with %s', async (_what, value) => {
    expect(await readWith(value())).toBe('42501 tenant token is not valid')
  })

  it('reads nothing with a token that has expired, its own included', async () => {
    expect(await readWith(token(first))).toEqual([first])
    expect(await readWith(token(first, { expiresAt: inMs(-1000) }))).toBe('42501 tenant token has expired')
  })

  it('reads nothing with a token of a key that is retired, and everything of its tenant until then', async () => {
    const [retired, retiring] = [createSealKey(), createSealKey()]
    await database.addKey(retired, inMs(-1000))
    await database.addKey(retiring, inMs(60_000))
    expect(await readWith(token(second, { key: retired }))).toBe('42501 tenant token is not valid')
    expect(await readWith(token(second, { key: retiring }))).toEqual([second])
  })

  it('writes no row with a bare id, by the default of the column neither', async () => {
    await asAttacker(async (client) => {
      await client.query(`set app.current_tenant_id = '${second}'`)
      for (const columns of ["(org_id, name) values ($1, 'x')", "(name) values (coalesce($1, 'x'))"]) {
        const write = client.query(`insert into repositories ${columns}`, [second])
        await expect(write).rejects.toMatchObject({ code: '42501', message: 'tenant token is not valid' })
      }
    })
  })

  it('reads no key: not as a login of the application or the operator, nor when it is granted the table', async () => {
    const select = 'select * from partywall.seal_keys'
    for (const url of [database.appUrl, database.operatorUrl]) {
      const read = asAttacker((client) => client.query(select), url)
      await expect(read).rejects.toMatchObject({ code: '42501' })
    }
    await database.admin(`grant select on partywall.seal_keys to ${database.appRole}`)
    expect((await asAttacker((client) => client.query(select))).rows).toEqual([])
    await database.admin(`revoke select on partywall.seal_keys from ${database.appRole}`)
  })

  it('finds no key in the plans that a session may have shown', async () => {
    const { rows } = await database.admin('select inner_pad, outer_pad from partywall.seal_keys')
    const pads = rows.flatMap((row) => [row.inner_pad, row.outer_pad] as Buffer[])
    const shown: string[] = []
    await asAttacker(async (client) => {
      client.on('notice', ({ detail }) => shown.push(detail ?? ''))
      await client.query('set client_min_messages = log; set debug_print_plan = on; set debug_print_parse = on')
      await client.query("select set_config('app.current_tenant_id', $1, false)", [token(first)])
      for (let turn = 0; turn < 8; turn += 1) await client.query(everyRow)
    })
    const plans = shown.join('\n')
    expect(plans).toContain('FUNCEXPR')
    for (const pad of pads) {
      // As the server writes a constant: its bytes, signed.
      expect(plans).not.toContain([...pad.subarray(0, 12)].map((byte) => (byte > 127 ? byte - 256 : byte)).join(' '))
      expect(plans).not.toContain(pad.toString('hex').slice(0, 24))
    }
  })

  it('finds no token of others in the statements that the server shows', async () => {
    await tenancy.run({ organizationId: second }, async () => {
      const client = await tenancy.pool.connect()
      await client.query('begin')
      await client.query(everyRow)
      const texts = await asAttacker((attacker) =>
        attacker.query('select query from pg_stat_activity where usename = current_user'),
      )
      expect(texts.rows.length).toBeGreaterThan(1)
      expect(JSON.stringify(texts.rows)).not.toMatch(/\.\d{10}\./)
      await client.query('rollback')
      client.release()
    })
  })
})

describe('a statement that is planted under the name of one of the service', () => {
  const plant = `do $$ begin
    if exists (select from pg_prepared_statements where name = 'partywall_context_open') then
      execute 'deallocate partywall_context_open';
    end if;
    execute 'prepare partywall_context_open(text) as select '''', set_config(''app.current_tenant_id'', $1, true), set_config(''planted.loot'', concat(current_setting(''planted.loot'', true), $1), false)';
  end $$`

  it.each([true, false])(
    'by a block is not told the token of the next tenant, with prepared contexts: %s',
    async (preparedContext) => {
      const given = database.open({ seal: database.seal, pool: { max: 1 }, preparedContext })
      const as = async (organizationId: string, sql: string): Promise<Record<string, unknown>[]> =>
        (await given.run({ organizationId }, () => given.pool.query(sql))).rows
      // The first unit of a connection has a context of its own.
      await as(first, everyRow)
      await as(first, everyRow)
      await as(first, plant)
      expect(await as(second, everyRow)).toHaveLength(5)
      const [row] = await as(first, "select current_setting('planted.loot', true) as loot")
      expect(String(row?.['loot'])).not.toContain(second)
    },
  )
})

describe('a sealed context', () => {
  it('is read once a statement', async () => {
    const { rows } = await tenancy.run({ organizationId: first }, () => tenancy.pool.query(`explain ${everyRow}`))
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/InitPlan/)
    expect(plan).not.toContain('require_tenant_id')
  })

  it('lasts as long as the transaction that began with it, and no transaction begins with it afterwards', async () => {
    await asAttacker(async (client) => {
      const brief = token(first, { expiresAt: inMs(2000) })
      await client.query('begin')
      await client.query("select set_config('app.current_tenant_id', $1, true)", [brief])
      await setTimeout(2100)
      expect((await client.query(everyRow)).rows).toHaveLength(5)
      await client.query('commit; begin')
      await client.query("select set_config('app.current_tenant_id', $1, true)", [brief])
      await expect(client.query(everyRow)).rejects.toMatchObject({ message: 'tenant token has expired' })
    })
  })

  it('is told at once to a service without a key, with the key of another database, or with one that is retired', async () => {
    const retired = createSealKey()
    await database.addKey(retired, inMs(-1000))
    for (const seal of [undefined, { key: writeSealKey(createSealKey()) }, { key: writeSealKey(retired) }]) {
      const given = database.open({ seal })
      await expect(given.ready()).rejects.toMatchObject({
        code: 'SEAL_REFUSED',
        message: expect.stringContaining('tenant token is not valid'),
      })
      const read = given.run({ organizationId: first }, () => given.pool.query(everyRow))
      await expect(read).rejects.toMatchObject({ code: 'SEAL_REFUSED' })
    }
    await expect(tenancy.ready()).resolves.toBeUndefined()
  })

  it('is refused by the policies to a service that looks for no control plane', async () => {
    const given = database.open({ schema: false })
    const read = given.run({ organizationId: first }, () => given.pool.query(everyRow))
    await expect(read).rejects.toMatchObject({ code: '42501', hint: expect.stringContaining('createTenancy({ seal') })
  })
})

describe('while bare ids are accepted as well', () => {
  it('takes both, and no token that is not valid', async () => {
    await using accepting = await createSealedDatabase(2, 'accept')
    const [a = '', b = ''] = accepting.organizations
    for (const options of [{}, { seal: accepting.seal }]) {
      const given = accepting.open(options)
      const { rows } = await given.run({ organizationId: a }, () => given.pool.query(everyRow))
      expect(rows).toMatchObject(Array.from({ length: 5 }, () => ({ org_id: a })))
    }
    expect(await readWith(b, accepting.appUrl)).toEqual([b])
    const foreign = signTenant(createSealKey(), {
      organizationId: b,
      database: accepting.name,
      expiresAt: inMs(60_000),
    })
    expect(await readWith(foreign, accepting.appUrl)).toBe('42501 tenant token is not valid')
  })
})
