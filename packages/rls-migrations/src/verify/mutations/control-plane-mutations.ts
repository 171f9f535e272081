import { controlPlaneConstraints } from '../../generated/migrations.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { controlPlaneTables, type ControlPlaneTable } from '../control-plane/control-plane-tables.ts'
import { appOf, makeLogin, mutant, mutantLogin, type Mutation, type MutationScene } from './mutation.ts'

type Make = (kind: string, ...statements: readonly string[]) => Mutation

/** Every sabotage of every table of the control plane: what is true of a table of the host is true of these. */
export function controlPlaneMutations(scene: MutationScene): readonly Mutation[] {
  return controlPlaneTables(scene.plan.settings).flatMap((table) => {
    const make: Make = (kind, ...statements) => ({ kind, table: displayName(table), statements })
    return [
      ...recordWalls(scene, table, make),
      ...recordPrivileges(scene, table, make),
      ...recordReach(scene, table, make),
      ...recordConstraints(table, make),
      ...table.triggers.flatMap((trigger) => [
        make('record-trigger-dropped', `drop trigger ${trigger} on ${quoteName(table)}`),
        make('record-trigger-asleep', `alter table ${quoteName(table)} disable trigger ${trigger}`),
      ]),
    ]
  })
}

function recordWalls(scene: MutationScene, table: ControlPlaneTable, make: Make): readonly Mutation[] {
  const on = quoteName(table)
  const app = appOf(scene)
  const wall = 'tenant_isolation'
  const walled = table.policies.includes(wall)
  return [
    ...table.policies.map((policy) => make(`record-policy-dropped-${policy}`, `drop policy ${policy} on ${on}`)),
    ...(walled
      ? [
          make('record-wall-reads-all', `alter policy ${wall} on ${on} using (true)`),
          make('record-wall-writes-all', `alter policy ${wall} on ${on} with check (true)`),
          make('record-wall-is-open', `alter policy ${wall} on ${on} using (true) with check (true)`),
          make(
            'record-wall-is-for-others',
            `alter policy ${wall} on ${on} to ${quoteIdentifier(scene.plan.settings.roles.operator)}`,
          ),
        ]
      : []),
    ...(table.rowSecurity ? [make('record-wall-off', `alter table ${on} disable row level security`)] : []),
    make('record-policy-to-public', `create policy ${mutant} on ${on} using (true)`),
    make('record-policy-to-application', `create policy ${mutant} on ${on} to ${app} using (true)`),
  ]
}

const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES'] as const

function recordPrivileges(scene: MutationScene, table: ControlPlaneTable, make: Make): readonly Mutation[] {
  const on = quoteName(table)
  const app = appOf(scene)
  const login = quoteIdentifier(mutantLogin)
  const refused = privileges.filter((privilege) => !table.granted.includes(privilege))
  const word = (privilege: string): string => privilege.toLowerCase()
  return [
    ...refused.map((privilege) =>
      make(`record-${word(privilege)}-granted`, `grant ${word(privilege)} on ${on} to ${app}`),
    ),
    make('record-granted-to-everybody', `grant truncate on ${on} to public`),
    make('record-granted-to-login', makeLogin(scene), `grant truncate on ${on} to ${login}`),
    ...(scene.serverVersion >= 170000 ? [make('record-maintain-granted', `grant maintain on ${on} to ${app}`)] : []),
    ...refused
      .filter((privilege) => ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES'].includes(privilege))
      .map((privilege) =>
        make(
          `record-column-${word(privilege)}-granted`,
          `grant ${word(privilege)} (${quoteIdentifier(table.firstColumn)}) on ${on} to ${app}`,
        ),
      ),
    // What the tool itself reads it could not read any more: it would end with an error, which is noticed as well.
    ...(['conversion', 'journal'].includes(table.name)
      ? []
      : [
          {
            ...make('record-table-of-login', makeLogin(scene), `alter table ${on} owner to ${login}`),
            superuser: true,
          },
        ]),
  ]
}

/** What a record is refused for, taken away and weakened. */
function recordConstraints(table: ControlPlaneTable, make: Make): readonly Mutation[] {
  const on = quoteName(table)
  return controlPlaneConstraints
    .filter(({ relation }) => relation === table.name)
    .flatMap(({ kind, name, definition }) => {
      const quoted = quoteIdentifier(name)
      if (kind === 'index')
        return [make(`record-index-dropped-${name}`, `drop index ${quoteName({ schema: table.schema, name })}`)]
      if (kind === 'column') {
        const primary = controlPlaneConstraints.find(
          (one) => one.relation === table.name && one.definition.startsWith('PRIMARY KEY'),
        )
        const isKey = new RegExp(String.raw`\b${name}\b`).test(primary?.definition ?? '')
        // A primary key refuses NULL by itself.
        return isKey
          ? []
          : [make(`record-column-may-be-null-${name}`, `alter table ${on} alter column ${quoted} drop not null`)]
      }
      const drop = `alter table ${on} drop constraint ${quoted} cascade`
      return [
        make(`record-constraint-dropped-${name}`, drop),
        ...(definition.startsWith('CHECK')
          ? [make(`record-check-weakened-${name}`, drop, `alter table ${on} add constraint ${quoted} check (true)`)]
          : []),
        ...(definition.startsWith('FOREIGN KEY')
          ? [
              {
                ...make(`record-reference-switched-off-${name}`, `alter table ${on} disable trigger all`),
                superuser: true,
              },
            ]
          : []),
      ]
    })
}

/** Objects beside a record that show it, or write it, as somebody whom no policy binds. */
function recordReach(scene: MutationScene, table: ControlPlaneTable, make: Make): readonly Mutation[] {
  const on = quoteName(table)
  const app = appOf(scene)
  const name = quoteName({ schema: scene.plan.tables.tenant[0]?.schema ?? 'public', name: mutant })
  const query = `select count(*) from ${on}`
  return [
    make('view-of-records', `create view ${name} as select * from ${on}`, `grant select on ${name} to ${app}`),
    make(
      'materialized-view-of-records',
      `create materialized view ${name} as select * from ${on} with no data`,
      `grant select on ${name} to ${app}`,
    ),
    make(
      'function-over-records',
      `create function ${name}() returns bigint language sql stable security definer set search_path = pg_catalog as ${quoteLiteral(query)}`,
      `grant execute on function ${name}() to ${app}`,
    ),
    make('rule-of-records', `create rule ${mutant} as on update to ${on} do instead nothing`),
    make('heir-of-records', `create table ${name} () inherits (${on})`, `grant select on ${name} to ${app}`),
    make(
      'trigger-that-copies-records',
      `create table ${name} (line text)`,
      `grant select on ${name} to ${app}`,
      `create function ${name}() returns trigger language plpgsql security definer set search_path = pg_catalog as ${quoteLiteral(`begin insert into ${name} values (new::text); return new; end`)}`,
      `create trigger ${mutant} after insert on ${on} for each row execute function ${name}()`,
    ),
  ]
}
