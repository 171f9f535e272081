import { controlPlaneConstraints, migrations } from '../../generated/migrations.ts'
import type { Plan } from '../../plan/plan.ts'
import type { CatalogRule } from '../catalog-rule.ts'

/** The last owner, a slug, the seats of an organization: what the functions of the control plane do not ask again. */
export const controlPlaneConstraint: CatalogRule = {
  name: 'control-plane-constraint',
  promise: 'the tables of the control plane refuse what they were made to refuse',
  risk: 'A record that nothing was written for: two organizations of one slug, a member of none, a key without an owner.',
  remedy: 'Make the constraint again; correct the rows that are in its way first.',
  severity: 'error',
  since: 'install',
  needsPlan: true,
  query: ({ plan, settings }) => ({
    text: `
      select format('%s.%s', n.nspname, c.relname) as "table",
             format('%s %s of %s.%s', e.kind, e.name, n.nspname, c.relname) as object,
             case e.kind when 'column' then format('the column %s may be NULL', e.name)
                         else format('%s is gone, is another one, or is not asked', e.name) end as detail,
             case e.kind
               when 'column' then array[format('alter table %s alter column %I set not null', c.oid::regclass, e.name)]
               when 'index' then array[format('drop index if exists %I.%I', n.nspname, e.name), e.definition]
               else array[format('alter table %s drop constraint if exists %I', c.oid::regclass, e.name),
                          format('alter table %s add constraint %I %s', c.oid::regclass, e.name, e.definition)] end as fix
      from jsonb_to_recordset($1::jsonb) as e(kind text, relation text, name text, definition text)
      join pg_namespace n on n.nspname = $2 join pg_class c on c.relnamespace = n.oid and c.relname = e.relation and c.relkind = 'r'
      where not case e.kind
        when 'column' then exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = e.name and a.attnotnull)
        when 'index' then exists (
          select from pg_index i join pg_class x on x.oid = i.indexrelid
          where i.indrelid = c.oid and x.relname = e.name and i.indisvalid and pg_get_indexdef(x.oid) = e.definition)
        else exists (
          select from pg_constraint k
          where k.conrelid = c.oid and k.conname = e.name and k.convalidated and pg_get_constraintdef(k.oid) = e.definition
            and not exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled = 'D')) end`,
    values: [JSON.stringify(expected(plan, settings.controlSchema)), settings.controlSchema],
  }),
}

/** Nothing of a control plane that is older than the tool: how it was then, the tool does not know. */
function expected({ steps }: Plan, schema: string): typeof controlPlaneConstraints {
  const installed = new Set(steps.map((step) => step.id))
  if (!migrations.every(({ name }) => installed.has(`install/${name}`))) return []
  const printed = /^[a-z_][a-z0-9_]*$/.test(schema) ? schema : `"${schema.replaceAll('"', '""')}"`
  return controlPlaneConstraints.map((one) => ({
    ...one,
    definition: one.definition.replaceAll(/\bpartywall\./g, `${printed}.`),
  }))
}
