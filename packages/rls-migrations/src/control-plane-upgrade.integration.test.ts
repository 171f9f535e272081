import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, query } from '../test/owned-database.ts'
import { applyPlan, type ApplyResult } from './apply/apply-plan.ts'
import { runnerName } from './apply/runner-lock.ts'
import { resolveConfig } from './config/resolve-config.ts'
import { readConversion, readWithIncrement } from './conversion.ts'
import { openSession, type OpenSession } from './database/session.ts'

const config = resolveConfig({})
const newer = ['install/0016_github_logins', 'install/0017_lasting_ends']

/** Converts to contract by a plan of the version before them: until enforce, a DBA has nothing to do. */
async function convertBefore(url: string): Promise<OpenSession> {
  const session = await openSession({ url, applicationName: runnerName })
  const { plan } = await readConversion(session, config)
  const older = { ...plan, steps: plan.steps.filter(({ id }) => !newer.includes(id)) }
  await applyPlan({ session, plan: older, to: 'contract' })
  return session
}

async function upgrade(session: OpenSession): Promise<ApplyResult> {
  const { conversion } = await readWithIncrement(session, config)
  return await applyPlan({ session, plan: conversion.plan, to: 'contract' })
}

const tasks = { text: 'create table tasks (id uuid primary key, name text);' }

describe('a control plane of an older version', () => {
  it('is brought up once every login of GitHub is of one organization, and ends the keys of who is gone', async () => {
    await using database = await createOwnedDatabase(tasks)
    await using session = await convertBefore(database.ownerUrl)
    await database.admin(`
      insert into partywall.organizations (slug, name, github_login) values
        ('one', 'One', 'Acme'), ('two', 'Two', 'acme'), ('three', 'Three', 'other'), ('four', 'Four', null), ('five', 'Five', null);
      insert into partywall.memberships (organization_id, user_id, role)
        select o.id, u, 'owner' from partywall.organizations o, unnest('{here,gone}'::text[]) u where o.slug = 'one';
      insert into partywall.api_keys (id, organization_id, name, permissions, granted_by)
        select k, o.id, 'key', '{*:read}', u from partywall.organizations o,
          (values ('aaaaaaaaaaaaaaaa', 'here'), ('bbbbbbbbbbbbbbbb', 'gone')) v (k, u) where o.slug = 'one';
      insert into partywall.api_key_secrets (digest, key_id) select sha256(id::bytea), id from partywall.api_keys;
      delete from partywall.memberships where user_id = 'gone'`)
    await expect(upgrade(session)).rejects.toMatchObject({
      code: 'GITHUB_LOGIN_SHARED',
      message: expect.stringContaining('"acme" of one, two'),
      details: { step: 'install/0016_github_logins' },
    })
    await database.admin("update partywall.organizations set github_login = null where slug = 'two'")
    expect(await upgrade(session)).toMatchObject({ applied: newer.length })
    const keys = `select k.id, k.revoked_at is null as "isLive", count(s.digest)::int as secrets
      from partywall.api_keys k left join partywall.api_key_secrets s on s.key_id = k.id group by 1, 2 order by 1`
    expect(await query(database.adminUrl, keys)).toEqual([
      { id: 'aaaaaaaaaaaaaaaa', isLive: true, secrets: 1 },
      { id: 'bbbbbbbbbbbbbbbb', isLive: false, secrets: 0 },
    ])
  })

  it('is not brought up while a login is longer than GitHub allows', async () => {
    await using database = await createOwnedDatabase(tasks)
    await using session = await convertBefore(database.ownerUrl)
    const login = `${'a-'.repeat(20)}a`
    await database.admin(
      `insert into partywall.organizations (slug, name, github_login) values ('long', 'Long', '${login}')`,
    )
    await expect(upgrade(session)).rejects.toMatchObject({
      code: 'GITHUB_LOGIN_SHARED',
      message: expect.stringContaining(login),
    })
  })
})
