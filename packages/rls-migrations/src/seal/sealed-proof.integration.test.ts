import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, execute, type ConvertedDatabase } from '../../test/owned-database.ts'
import { sealMutations } from '../verify/mutations/seal-mutations.ts'
import { prove, verifyDatabase } from '../verify/verify-database.ts'
import { rotateSealKey } from './seal-key-store.ts'

const schema = {
  text: 'create table notes (id uuid primary key default gen_random_uuid(), body text); insert into notes (body) values (1), (2)',
}

describe('verify of a sealed context', () => {
  it('notices every sabotage that --mutate tries', async () => {
    await using database = await createOwnedDatabase(schema)
    const { session, plan } = await convert(database, 'enforce', { seal: true })
    await using _session = session
    await rotateSealKey(session, plan.settings, { overlapMs: 0 })
    const { serverVersion } = session
    const scene = { plan, phase: 'enforce', serverVersion, owner: database.owner, roles: [] } as const
    const noticed: Record<string, readonly string[]> = {}
    for (const { kind, statements } of sealMutations(scene)) {
      await session.query('begin')
      for (const statement of statements) await session.query(statement)
      const options = { session, plan, phase: 'enforce', nested: 'nested' } as const
      const { crossings } = await prove({ ...options, transactionBudgetMs: Number.POSITIVE_INFINITY })
      noticed[kind] = [...new Set(crossings.map(({ probe }) => probe))]
      await session.query('rollback')
    }
    expect(Object.keys(noticed)).toHaveLength(8)
    expect(Object.entries(noticed).filter(([, probes]) => !probes.includes('catalog'))).toEqual([])
    expect(noticed['bare-ids-accepted']).toContain('forged-context')
  })

  it.each<[string, (scene: ConvertedDatabase & { app: string }) => string, string]>([
    [
      'the table of keys is granted',
      ({ app }) => `grant select on partywall.seal_keys to ${app}`,
      'its owner alone may read',
    ],
    [
      'a column of it is',
      ({ app }) => `grant select (id) on partywall.seal_keys to ${app}`,
      'its owner alone may read',
    ],
    [
      'its row-level security is off',
      () => 'alter table partywall.seal_keys disable row level security',
      'its owner alone may read',
    ],
    [
      'the accessor finds names elsewhere',
      () => 'alter function partywall.require_tenant_id() set search_path = public',
      'require_tenant_id',
    ],
    [
      'the accessor does not look at the code',
      (scene) => patched(scene, /and sha256\([\s\S]*?'UTF8'\)\);/, ';'),
      'with a forged code',
    ],
    [
      'the accessor does not look at the expiry',
      (scene) => patched(scene, '<= now()', '<= to_timestamp(-1)'),
      'with a token that has expired',
    ],
    [
      'the accessor takes tokens of another database',
      (scene) =>
        patched(
          scene,
          /(seal_keys k)([\s\S]*?)current_database\(\)/,
          "$1, unnest(array[current_database()::text, current_database() || '_copy']) as taken$2taken",
        ),
      'with a token of another database',
    ],
    [
      'the accessor takes bare ids',
      (scene) =>
        patched(
          scene,
          '  perform from',
          "  if position('.' in token) = 0 then return token::uuid; end if;\n  perform from",
        ),
      'with a bare id',
    ],
    [
      'the accessors are those of a bare id',
      (scene) =>
        scene.plan.steps.flatMap((step) => step.inverse).find(({ id }) => id === 'undo/sealed-context')
          ?.statements[0] ?? '',
      'require_tenant_id',
    ],
  ])('turns red when %s', async (_what, sabotage, named) => {
    await using database = await createOwnedDatabase(schema)
    const converted = await convert(database, 'enforce', { seal: true })
    await using session = converted.session
    const { plan } = converted
    await rotateSealKey(session, plan.settings, { overlapMs: 0 })
    expect((await verifyDatabase({ session, plan, phase: 'enforce' })).ok).toBe(true)
    await execute(database.ownerUrl, sabotage({ ...converted, app: `"${plan.settings.roles.app}"` }))
    const report = await verifyDatabase({ session, plan, phase: 'enforce' })
    expect(report.ok).toBe(false)
    expect(report.crossings.map(({ detail }) => detail).join('\n')).toContain(named)
  })
})

/** The strict accessor of the plan with a change in it. */
function patched({ plan }: ConvertedDatabase, find: string | RegExp, replacement: string): string {
  const sql = plan.steps.find(({ id }) => id === 'install/sealed-context')?.statements[0] ?? ''
  const [strict = ''] = /create or replace function "partywall"\.require_tenant_id[\s\S]*?\$function\$;/.exec(sql) ?? []
  const changed = strict.replace(find, replacement)
  if (changed === strict) throw new Error('the accessor does not say that')
  return changed
}
