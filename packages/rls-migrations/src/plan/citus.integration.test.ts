import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, type OwnedDatabase } from '../../test/owned-database.ts'
import { runnerName } from '../apply/runner-lock.ts'
import type { PartywallConfig } from '../config/conversion-config.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { readConversion } from '../conversion.ts'
import { openSession } from '../database/session.ts'
import type { Plan } from './plan.ts'

const text = `
create table countries (code text primary key);
create table posts (id serial primary key, slug text not null unique, country text references countries);
create table comments (id uuid primary key default gen_random_uuid(), post_id int references posts on delete cascade on update cascade);`

async function plan(database: OwnedDatabase, config: PartywallConfig = {}): Promise<Plan> {
  await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  return (
    await readConversion(session, resolveConfig({ engine: 'citus', tables: { shared: ['countries'] }, ...config }))
  ).plan
}

describe('a plan for Citus', () => {
  it('has one plain permissive policy a table, no FORCE, and the organization in every key', async () => {
    await using database = await createOwnedDatabase({ text })
    const { steps, settings } = await plan(database)
    const statements = steps.flatMap((step) => step.statements)
    const policies = statements.filter((one) => one.startsWith('create policy'))
    expect(policies).toContain(
      `create policy tenant_isolation on "public"."posts" as permissive for all to "${settings.roles.app}" using ("org_id" = "partywall".require_tenant_id()) with check ("org_id" = "partywall".require_tenant_id())`,
    )
    expect(policies.filter((one) => /restrictive|tenant_access|\(select/.test(one))).toEqual([])
    expect(statements.filter((one) => / force row level security/.test(one))).toEqual([])
    expect(steps.filter((step) => step.kind === 'primary-key').map((step) => step.table)).toEqual(['posts', 'comments'])
    expect(statements.join('\n')).not.toMatch(/foreign key \("org_id"[^;]*on update cascade/)
  })

  it('ends by copying lists to every node and spreading the rest, parents first, and begins by looking for Citus', async () => {
    await using database = await createOwnedDatabase({ text })
    const { steps } = await plan(database)
    expect(steps.filter((step) => step.kind === 'distribution').map((step) => step.statements)).toEqual([
      [`select create_reference_table('"public"."countries"')`],
      [`select create_distributed_table('"public"."posts"', 'org_id', colocate_with => 'none')`],
      [`select create_distributed_table('"public"."comments"', 'org_id', colocate_with => '"public"."posts"')`],
    ])
    expect(steps.at(-1)?.inverse[0]?.statements).toEqual([
      `select undistribute_table('"public"."comments"', cascade_via_foreign_keys => true)`,
    ])
    expect(steps.at(-1)).toMatchObject({ phase: 'enforce', lock: 'ACCESS EXCLUSIVE', rewrites: true })
    const setter = steps.find((step) => step.id === 'install/citus-set-tenant')?.statements[0]
    expect(setter).toContain("set_config('citus.propagate_set_commands', 'local', true)")
    expect(steps.find((step) => step.id === 'install/citus')?.checks[0]?.sql).toContain("extname = 'citus'")
  })

  it('says what the service must do: the filter, the setter, the topology', async () => {
    await using database = await createOwnedDatabase({ text })
    const ids = (await plan(database)).hazards.map((hazard) => hazard.id).filter((id) => id.startsWith('citus'))
    expect(ids).toEqual(['citus-filter', 'citus-context', 'citus-topology', 'citus-copy', 'citus-on-update'])
  })

  it.each([
    [
      'a trigger',
      `create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger t before insert on posts for each row execute function f()`,
    ],
    [
      'ON DELETE SET NULL',
      'create table likes (id serial primary key, post_id int references posts on delete set null)',
    ],
    [
      'an exclusion constraint',
      'create table slots (id serial primary key, during tsrange, exclude using gist (during with &&))',
    ],
    [
      'a foreign key to people',
      'create table users (id serial primary key, email text unique); create table likes (id serial primary key, user_id int references users)',
    ],
    [
      'a foreign key of a list at spread rows',
      'create table featured (id serial primary key, post_id int references posts)',
    ],
    ['a deferrable key', 'create table ranks (n int primary key deferrable)'],
  ])('refuses %s with CITUS_UNSUPPORTED', async (_what, more) => {
    await using database = await createOwnedDatabase({ text: `${text}${more}` })
    const skipped = more.includes('featured') ? ['featured'] : []
    await expect(plan(database, { tables: { shared: ['countries'], skipped } })).rejects.toMatchObject({
      code: 'CITUS_UNSUPPORTED',
    })
  })

  it('is not made for a database without the extension', async () => {
    await using database = await createOwnedDatabase({ text })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const { applyPlan } = await import('../apply/apply-plan.ts')
    await expect(applyPlan({ session, plan: await plan(database), to: 'expand' })).rejects.toThrow(
      /the extension citus is not in this database/,
    )
  })
})
