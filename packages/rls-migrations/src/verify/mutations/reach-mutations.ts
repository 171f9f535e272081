import type { Table } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { appOf, beside, type MutatedTable, type Mutation, type MutationScene } from './mutation.ts'

/** Objects beside a table that show its rows to the application. */
export function reachMutations(scene: MutationScene, { planned, table }: MutatedTable): readonly Mutation[] {
  const on = quoteName(table)
  const app = appOf(scene)
  const name = beside(table)
  const owner = quoteIdentifier(table.owner)
  const mutation = (kind: string, ...statements: readonly string[]): Mutation => ({
    kind,
    table: displayName(table),
    statements,
  })
  return [
    mutation(
      'view-of-owner',
      `create view ${name} as select * from ${on}`,
      `alter view ${name} owner to ${owner}`,
      `grant select on ${name} to ${app}`,
    ),
    mutation(
      'materialized-view',
      `create materialized view ${name} as select * from ${on} with no data`,
      `grant select on ${name} to ${app}`,
    ),
    mutation(
      'copy-of-table',
      `create table ${name} as select * from ${on} with no data`,
      `grant select on ${name} to ${app}`,
    ),
    ...(table.kind === 'table'
      ? [mutation('heir-of-table', `create table ${name} () inherits (${on})`, `grant select on ${name} to ${app}`)]
      : []),
    // Nobody but the operator writes to the people's table, so that nobody sets a rule of it off.
    ...(planned.class !== 'tenant'
      ? []
      : [
          mutation(
            'rule-of-owner',
            `create rule partywall_mutant as on update to ${on} do also delete from ${on} where false`,
          ),
        ]),
    ...functionMutations(scene, table).map(({ kind, statements }) => mutation(kind, ...statements)),
  ]
}

function functionMutations(
  scene: MutationScene,
  table: Table,
): readonly { readonly kind: string; readonly statements: readonly string[] }[] {
  const on = quoteName(table)
  const name = beside(table)
  const app = appOf(scene)
  return [
    {
      kind: 'function-of-owner',
      statements: [
        `create function ${name}() returns bigint language sql stable security definer set search_path = pg_catalog as ${quoteLiteral(`select count(*) from ${on}`)}`,
        `alter function ${name}() owner to ${quoteIdentifier(table.owner)}`,
        `grant execute on function ${name}() to ${app}`,
      ],
    },
    ...(scene.plan.settings.seal === 'require' ? [] : [hoppingFunction(scene, table)]),
    {
      kind: 'trigger-that-copies',
      statements: [
        `create table ${name} (line text)`,
        `alter table ${name} owner to ${quoteIdentifier(table.owner)}`,
        `grant select on ${name} to ${app}`,
        // The guard of new tables has switched it on.
        `alter table ${name} disable row level security`,
        `create function ${name}() returns trigger language plpgsql security definer set search_path = pg_catalog as ${quoteLiteral(`begin insert into ${name} values (new::text); return new; end`)}`,
        `alter function ${name}() owner to ${quoteIdentifier(table.owner)}`,
        `create trigger partywall_mutant after insert on ${on} for each row execute function ${name}()`,
      ],
    },
  ]
}

/**
 * Nothing in the catalog tells it from an honest one: its owner is bound, and it enters the neighbour's context. Where
 * the context must be sealed, it cannot.
 */
function hoppingFunction(
  scene: MutationScene,
  table: Table,
): { readonly kind: string; readonly statements: readonly string[] } {
  const [on, name, app] = [quoteName(table), beside(table), appOf(scene)]
  const { keyType, setting, roles } = scene.plan.settings
  const [definer, schema, key] = [quoteIdentifier(roles.definer), quoteIdentifier(table.schema), quoteLiteral(setting)]
  return {
    kind: 'function-that-hops',
    statements: [
      `create function ${name}(organization ${keyType}) returns bigint language plpgsql stable security definer set search_path = pg_catalog as ${quoteLiteral(
        `declare was text := current_setting(${key}, true); found bigint; begin perform set_config(${key}, organization::text, true); select count(*) into found from ${on}; perform set_config(${key}, was, true); return found; end`,
      )}`,
      `grant create on schema ${schema} to ${definer}`,
      `alter function ${name}(${keyType}) owner to ${definer}`,
      `revoke create on schema ${schema} from ${definer}`,
      `grant execute on function ${name}(${keyType}) to ${app}`,
    ],
  }
}
