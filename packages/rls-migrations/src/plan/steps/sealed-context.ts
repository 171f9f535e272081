import { migrations, sealedContext } from '../../generated/migrations.ts'
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.ts'
import { renderTemplate } from '../../sql/sql-template.ts'
import { not, rowSecurityIs } from '../checks.ts'
import { functionChecks } from '../function-checks.ts'
import type { PlanSettings, SealMode } from '../plan.ts'
import type { Check, Inverse, Step } from '../step.ts'

const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const

/** The step that every sealed conversion has, whatever it accepts. */
export const sealStepId = 'install/sealed-context'

/** The keys, and accessors that take tokens; none where the context is a bare id. Touches nothing of the host. */
export function planSealedContext(settings: PlanSettings): readonly Step[] {
  if (settings.seal === undefined) return []
  const sql = sealedSql(settings, settings.seal)
  return [
    {
      ...instant,
      id: sealStepId,
      phase: 'install',
      kind: 'migration',
      table: null,
      summary:
        settings.seal === 'require'
          ? 'take signed tokens, and no bare ids'
          : 'take signed tokens, and bare ids as well',
      statements: [sql, revokeFromAll(keyTable(settings))],
      checks: [...functionChecks(sql), keysAreKept(settings)],
      inverse: [planUnseal(settings)],
    },
  ]
}

/** Bare ids and nothing else, as before; the keys are gone. */
export function planUnseal(settings: PlanSettings): Inverse {
  return {
    ...instant,
    id: 'undo/sealed-context',
    stage: 'control-plane',
    summary: 'take bare ids, and forget the keys',
    statements: [plainAccessors(settings), renderTemplate(sealedContext.down, settings)],
    checks: [{ object: 'sealed context', sql: not(keyTableExists(settings)) }],
  }
}

/** The table of the keys, quoted. */
export function keyTable({ controlSchema }: Pick<PlanSettings, 'controlSchema'>): string {
  return `${quoteIdentifier(controlSchema)}.seal_keys`
}

/** A line that ends with ACCEPT stands only while bare ids are accepted as well. */
function sealedSql(settings: PlanSettings, mode: SealMode): string {
  const { up } = sealedContext
  return renderTemplate(mode === 'accept' ? up : up.replaceAll(/^.*-- ACCEPT\n/gm, ''), settings)
}

function plainAccessors(settings: PlanSettings): string {
  const { up = '' } = migrations.find(({ name }) => name === '0001_tenant_context') ?? {}
  const functions =
    renderTemplate(up, settings).match(/create function [\s\S]*?\$function\$[\s\S]*?\$function\$;/g) ?? []
  return functions.map((one) => one.replace('create function', 'create or replace function')).join('\n')
}

/** What the default privileges of the owner gave away with the table: a key is for nobody else. */
function revokeFromAll(table: string): string {
  return `do $block$
declare
  grantee text;
begin
  for grantee in
    select distinct case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end
    from pg_class c, aclexplode(c.relacl) g where c.oid = ${quoteLiteral(table)}::regclass and g.grantee <> c.relowner
  loop
    execute ${quoteLiteral(`revoke all on table ${table} from `)} || grantee;
  end loop;
end
$block$`
}

function keyTableExists(settings: PlanSettings): string {
  return `to_regclass(${quoteLiteral(keyTable(settings))}) is not null`
}

function keysAreKept(settings: PlanSettings): Check {
  const table = { schema: settings.controlSchema, name: 'seal_keys' }
  const oid = `to_regclass(${quoteLiteral(keyTable(settings))})`
  return {
    object: `table ${table.schema}.${table.name}, which its owner alone may read`,
    sql: `${rowSecurityIs(table, true)}
      and not exists (select from pg_policy p where p.polrelid = ${oid})
      and not exists (select from pg_class c, aclexplode(c.relacl) g where c.oid = ${oid} and g.grantee <> c.relowner)
      and not exists (select from pg_attribute a where a.attrelid = ${oid} and a.attacl is not null)`,
  }
}
