import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute } from '../../test/owned-database.ts'
import { openSession } from '../database/session.ts'
import { findOldPath, refuseOldPath } from './old-path.ts'

describe('the old path', () => {
  it('is whoever reaches the tables and is no member of the new roles, connected or not', async () => {
    await using database = await createOwnedDatabase({
      text: 'create table t (id int primary key); create table parent (id int primary key)',
    })
    const [reporting, stranger, absent] = [await database.login(), await database.login(), await database.login()]
    await execute(database.ownerUrl, `grant select on t to ${reporting.role}, ${absent.role}`)
    const { session, plan } = await convert(database, 'expand')
    await using _closed = session
    const service = await database.login([plan.settings.roles.app])
    const sessions = await Promise.all(
      [database.ownerUrl, reporting.url, stranger.url, service.url].map((url) =>
        openSession({ url, applicationName: 'some service' }),
      ),
    )
    const tool = await openSession({ url: database.ownerUrl, applicationName: 'partywall status' })
    const oldPath = await findOldPath(session, plan)
    expect(oldPath.sessions.map(({ login, reason }) => ({ login, reason }))).toEqual(
      [
        { login: reporting.role, reason: 'role' },
        { login: database.owner, reason: 'owner' },
      ].toSorted((one, other) => one.login.localeCompare(other.login)),
    )
    const logins = oldPath.roles.map(({ login }) => login)
    expect(logins).toEqual(expect.arrayContaining([absent.role, reporting.role, database.owner]))
    expect(logins).not.toContain(service.role)
    expect(logins).not.toContain(stranger.role)
    expect(() => refuseOldPath(oldPath, 'contract')).toThrow(
      expect.objectContaining({ code: 'OLD_PATH_IN_USE', message: expect.stringContaining('some service') }),
    )
    await Promise.all([...sessions, tool].map((one) => one.close()))
    expect((await findOldPath(session, plan)).sessions).toEqual([])
  })

  it('does not hold those who act as the migrator, though they act as the owner', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key)' })
    const { session, plan } = await convert(database, 'enforce')
    await using _closed = session
    const { migrator, operator } = plan.settings.roles
    await database
      .admin(
        `create role "${migrator}" nologin; grant "${operator}" to "${migrator}"; grant ${database.owner} to "${migrator}"`,
      )
      .catch(() => undefined)
    const deploy = await database.login([migrator])
    await using _deploy = await openSession({ url: deploy.url, applicationName: 'deploy' })
    expect((await findOldPath(session, plan)).sessions).toEqual([])
  })
})
