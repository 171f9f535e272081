import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { not } from '../checks.ts'
import { isCitus, type PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'

const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const

/** What a plan for Citus needs before its first change, and the setter of the context that Citus forwards. */
export function planCitus(context: PlanContext): readonly Step[] {
  return isCitus(context.settings) ? [citusIsThere(), planSetTenant(context)] : []
}

function citusIsThere(): Step {
  const isThere = "exists (select from pg_extension where extname = 'citus')"
  return {
    ...instant,
    id: 'install/citus',
    phase: 'install',
    kind: 'precondition',
    table: null,
    summary: 'look for the extension citus, which the plan is made for',
    statements: [
      `do $citus$ begin if not ${isThere} then raise exception using errcode = '55000', message = 'the extension citus is not in this database', hint = 'Create it, or set engine to postgres in the configuration.'; end if; end $citus$`,
    ],
    checks: [{ object: 'extension citus', sql: isThere }],
    inverse: [],
  }
}

/**
 * `set_config` never reaches the workers; a SET LOCAL does, when it is told to. To be called right after BEGIN: in a
 * savepoint, or outside of a transaction, the workers see no tenant.
 */
function planSetTenant({ settings }: PlanContext): Step {
  const schema = quoteIdentifier(settings.controlSchema)
  const signature = `${schema}.set_tenant(${settings.keyType})`
  const isThere = `to_regprocedure(${quoteLiteral(signature)}) is not null`
  const object = `function ${signature.replaceAll('"', '')}`
  return {
    ...instant,
    id: 'install/citus-set-tenant',
    phase: 'install',
    kind: 'migration',
    table: null,
    summary: 'install the setter of the tenant that Citus forwards to its workers',
    statements: [
      `create function ${schema}.set_tenant(tenant ${settings.keyType}) returns void language plpgsql set search_path = pg_catalog as $function$
begin
  perform pg_catalog.set_config('citus.propagate_set_commands', 'local', true);
  execute pg_catalog.format('set local ${settings.setting} = %L', tenant);
end
$function$`,
      `revoke all on function ${signature} from public`,
      `grant execute on function ${signature} to ${quoteIdentifier(settings.roles.app)}`,
    ],
    checks: [{ object, sql: isThere }],
    inverse: [
      {
        ...instant,
        id: 'undo/citus-set-tenant',
        stage: 'control-plane',
        summary: 'drop the setter of the tenant',
        statements: [`drop function ${signature}`],
        checks: [{ object, sql: not(isThere) }],
      },
    ],
  }
}

/** The last steps: lists on every node, tenant tables by organization, all rows of one organization side by side. */
export function planDistribution(context: PlanContext): readonly Step[] {
  if (!isCitus(context.settings)) return []
  const [first] = context.tenantTables
  const column = quoteLiteral(context.settings.tenantColumn)
  return [
    ...context.sharedTables.map((table) =>
      step(table, { method: 'n', call: `create_reference_table(${regclass(table)})` }),
    ),
    ...context.tenantTables.map((table) => {
      const colocation = table === first || first === undefined ? 'none' : quoteName(first)
      const call = `create_distributed_table(${regclass(table)}, ${column}, colocate_with => ${quoteLiteral(colocation)})`
      return step(table, { method: 'h', call })
    }),
  ]
}

function step(table: Table, { method, call }: { readonly method: 'n' | 'h'; readonly call: string }): Step {
  const name = displayName(table)
  const isDistributed = `exists (select from pg_dist_partition p where p.logicalrelid = to_regclass(${regclass(table)})::oid and p.partmethod = '${method}')`
  const object = `distribution of ${name}`
  // Its rows go to the shards: writers wait until they have.
  const copy = { mode: 'transaction', lock: 'ACCESS EXCLUSIVE', scans: true, rewrites: true } as const
  return {
    ...copy,
    id: `enforce/${name}/distribute`,
    phase: 'enforce',
    kind: 'distribution',
    table: name,
    summary: method === 'h' ? `spread ${name} over the shards by organization` : `copy ${name} to every node`,
    statements: [`select ${call}`],
    checks: [{ object, sql: isDistributed }],
    inverse: [
      {
        ...copy,
        id: `undo/${name}/distribute`,
        stage: 'enforcement',
        summary: `bring ${name} back to the coordinator`,
        statements: [`select undistribute_table(${regclass(table)}, cascade_via_foreign_keys => true)`],
        checks: [{ object, sql: not(isDistributed) }],
      },
    ],
  }
}

function regclass(table: Table): string {
  return quoteLiteral(quoteName(table))
}
