import { randomUUID } from 'node:crypto'
import { createAppLogin } from '@partywall/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'
import { createTenancy } from '../tenancy.ts'

let database: TenantDatabase

beforeAll(async () => {
  database = await createTenantDatabase(1)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** What the pool says of a login that was changed by `sql`, in which `$login` and `$parent` stand for fresh roles. */
async function judge(sql: string): Promise<unknown> {
  const login = await createAppLogin(database.adminUrl, { memberOf: [database.appRole] })
  const parent = `parent_${randomUUID().slice(0, 8)}`
  await database.admin(`create role ${parent}`)
  await database.admin(
    sql.replaceAll('$login', login.role).replaceAll('$parent', parent).replaceAll('$app', database.appRole),
  )
  const tenancy = createTenancy({ pool: { connectionString: login.url } })
  const organizationId = database.organizations[0] as string
  const outcome = await tenancy
    .run({ organizationId }, () => tenancy.pool.query('select 1'))
    .then(
      () => 'accepted',
      (error: unknown) => error,
    )
  const accepted = outcome === 'accepted' ? 1 : 0
  expect(tenancy.pool.totalCount).toBe(accepted)
  await vi.waitFor(async () => {
    const { rowCount } = await database.admin('select from pg_stat_activity where usename = $1', [login.role])
    expect(rowCount).toBe(accepted)
  })
  await tenancy.close()
  await database.admin('drop policy if exists legacy_access on repositories')
  await database.admin(`reassign owned by ${parent}, ${login.role} to current_user`)
  await login.drop()
  await database.admin(`drop owned by ${parent}`)
  await database.admin(`drop role ${parent}`)
  return outcome
}

describe('the login of a pool', () => {
  it('is accepted as a plain member of the app role', async () => {
    expect(await judge('select 1')).toBe('accepted')
  })

  it.each([
    ['is superuser', 'alter role $login superuser'],
    ['has BYPASSRLS', 'alter role $login bypassrls'],
    ['has CREATEROLE', 'alter role $login createrole'],
    ['has REPLICATION', 'alter role $login replication'],
    ['owns tables with row level security', 'alter table repositories owner to $login'],
    ['which has BYPASSRLS', 'alter role $parent bypassrls; grant $parent to $login'],
    ['which owns tables', 'grant $parent to $login; alter table repositories owner to $parent'],
    ['which is superuser', 'alter role $login noinherit; alter role $parent superuser; grant $parent to $login'],
    // What a role keeps that used the table before the conversion.
    [
      'is given rows',
      'revoke "$app" from $login; grant select on repositories to $login; create policy legacy_access on repositories to $login using (true)',
    ],
    [
      'which is given rows',
      'grant select on repositories to $parent; create policy legacy_access on repositories to $parent using (true); grant $parent to $login',
    ],
    [
      'is given rows',
      'revoke "$app" from $login; grant select on repositories to $login; create policy legacy_access on repositories using (true)',
    ],
    ['reaches the files', 'grant pg_read_server_files to $parent; grant $parent to $login'],
  ])('is refused when it %s', async (reason, sql) => {
    const outcome = await judge(sql)
    expect(outcome).toMatchObject({ code: 'LOGIN_PRIVILEGED' })
    expect(JSON.stringify(outcome)).toContain(reason)
  })

  it('is refused as a member of the operator role', async () => {
    const tenancy = database.open({ pool: { connectionString: database.operatorUrl } })
    await expect(tenancy.ready()).rejects.toMatchObject({ code: 'LOGIN_PRIVILEGED' })
    await expect(tenancy.bootstrap(() => tenancy.pool.connect())).rejects.toMatchObject({ code: 'LOGIN_PRIVILEGED' })
  })

  it('is refused where it owns the control plane', async () => {
    expect(await judge('alter schema partywall owner to $login')).toMatchObject({ code: 'LOGIN_PRIVILEGED' })
  })

  it('is asked about again by ready(), though the pool found it bound before', async () => {
    const login = await createAppLogin(database.adminUrl, { memberOf: [database.appRole] })
    const tenancy = createTenancy({ pool: { connectionString: login.url } })
    await tenancy.ready()
    await database.admin(`alter role ${login.role} bypassrls`)
    await expect(tenancy.ready()).rejects.toMatchObject({ code: 'LOGIN_PRIVILEGED' })
    await tenancy.close()
    await login.drop()
  })
})

describe('the control plane', () => {
  it('is missed with the command that installs it', async () => {
    const tenancy = database.open({ schema: 'elsewhere' })
    await expect(tenancy.ready()).rejects.toMatchObject({
      code: 'CONTROL_PLANE_MISSING',
      message: expect.stringContaining('partywall install'),
    })
  })

  it('is not looked for when there is none', async () => {
    const tenancy = database.open({ schema: false })
    await expect(tenancy.ready()).resolves.toBeUndefined()
  })
})
