import type { AdoptedRoot } from '../../derive/adopted-root.ts'
import { displayName, quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { constraintExists, foreignKeyIs, not, triggerIs } from '../checks.ts'
import type { PlanContext } from '../plan-context.ts'
import type { PlanSettings } from '../plan.ts'
import type { Step } from '../step.ts'

const trigger = 'partywall_organization'
const foreignKey = 'organizations_id_fkey'

/**
 * Ties the organizations of the control plane to the rows of the host's own table: one for each, with the same id. What
 * belongs to an organization (members, settings) goes on to reference `organizations`, and so the root; a row that the
 * host adds gets its organization in the same transaction, and one that it deletes takes it along.
 */
export function planAdoptedRoot(context: PlanContext): readonly Step[] {
  const { settings } = context
  const { root } = settings
  if (root === null) return []
  return [tie(settings, root), fill(settings, root), validate(settings, root)]
}

function tie(settings: PlanSettings, root: AdoptedRoot): Step {
  const name = displayName(root)
  const control = quoteIdentifier(settings.controlSchema)
  const organizations = { schema: settings.controlSchema, name: 'organizations' }
  const table = quoteName(root)
  return {
    id: `expand/${name}/organizations`,
    phase: 'expand',
    kind: 'adopted-root',
    table: name,
    summary: `make each row of ${name} an organization, those to come as well`,
    mode: 'transaction',
    statements: tieStatements(settings, root),
    lock: 'SHARE ROW EXCLUSIVE',
    scans: false,
    rewrites: false,
    checks: [
      {
        object: `trigger ${trigger} on ${name}`,
        sql: triggerIs(root, trigger, { schema: settings.controlSchema, name: 'adopt_root_row' }),
      },
      {
        object: `foreign key of ${settings.controlSchema}.organizations to ${name}`,
        sql: constraintExists(organizations, foreignKey),
      },
    ],
    inverse: [
      {
        id: `undo/${name}/organizations`,
        stage: 'columns',
        summary: `let the rows of ${name} be no organizations`,
        mode: 'transaction',
        statements: [
          `lock table ${table} in access exclusive mode`,
          `drop trigger if exists ${trigger} on ${table}`,
          `drop function ${control}.adopt_root_row(), ${control}.adopt_organization(${settings.keyType}, text, text)`,
          `alter table ${control}.organizations drop constraint ${foreignKey}`,
        ],
        lock: 'ACCESS EXCLUSIVE',
        scans: false,
        rewrites: false,
        checks: [
          {
            object: `foreign key of ${settings.controlSchema}.organizations to ${name}`,
            sql: not(constraintExists(organizations, foreignKey)),
          },
        ],
      },
    ],
  }
}

function tieStatements(settings: PlanSettings, root: AdoptedRoot): readonly string[] {
  const control = quoteIdentifier(settings.controlSchema)
  const table = quoteName(root)
  const columns = [root.label, root.slug].filter((column) => column !== null).map(quoteIdentifier)
  const changes = columns.length === 0 ? '' : ` or update of ${columns.join(', ')}`
  return [
    ...requireDefault(settings, root),
    `lock table ${table} in share row exclusive mode`,
    // Many organizations exist already, and old code writes to each: nothing is gained by waiting for contract.
    `drop trigger if exists refuse_early_organization on ${control}.organizations`,
    `alter table ${control}.organizations add constraint ${foreignKey} foreign key (id) references ${table} (${quoteIdentifier(root.id)}) on update cascade on delete cascade not valid`,
    adoptFunction(settings),
    triggerFunction(settings, root),
    `revoke all on function ${control}.adopt_organization(${settings.keyType}, text, text), ${control}.adopt_root_row() from public`,
    `create trigger ${trigger} after insert${changes} on ${table} for each row execute function ${control}.adopt_root_row()`,
  ]
}

/** The id comes from a configuration, and no foreign key has looked at it yet. */
function requireDefault({ defaultOrganization, keyType }: PlanSettings, root: AdoptedRoot): readonly string[] {
  if (defaultOrganization === null) return []
  const { id } = defaultOrganization
  const message = `the table ${displayName(root)} has no row with the id ${id}, which defaultOrganization.id names`
  const found = `select from ${quoteName(root)} r where r.${quoteIdentifier(root.id)} = ${quoteLiteral(id)}::${keyType}`
  return [
    `do $partywall$ begin if not exists (${found}) then raise exception using errcode = '23503', message = ${quoteLiteral(message)}; end if; end $partywall$`,
  ]
}

/** A slug that is taken, or none, is replaced by one that nobody can have taken in advance. */
function adoptFunction({ controlSchema, keyType }: PlanSettings): string {
  const control = quoteIdentifier(controlSchema)
  return `create function ${control}.adopt_organization(root_id ${keyType}, label text, wanted_slug text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
  as $function$
declare
  shown constant text := left(coalesce(nullif(btrim(label), ''), root_id::text), 200);
  candidate text;
begin
  foreach candidate in array array[lower(wanted_slug), lower(root_id::text), 'o-' || replace(gen_random_uuid()::text, '-', '')] loop
    continue when candidate is null or candidate !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
    insert into ${control}.organizations (id, slug, name) values (root_id, candidate, shown) on conflict do nothing;
    if found then
      return;
    end if;
  end loop;
  update ${control}.organizations set name = shown, updated_at = now() where id = root_id and name <> shown;
end
$function$`
}

function triggerFunction({ controlSchema }: PlanSettings, root: AdoptedRoot): string {
  const control = quoteIdentifier(controlSchema)
  return `create function ${control}.adopt_root_row() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
begin
  perform ${control}.adopt_organization(${adoptArguments(root, 'new')});
  return null;
end
$function$`
}

function adoptArguments(root: AdoptedRoot, row: string): string {
  const text = (column: string | null): string => (column === null ? 'null' : `${row}.${quoteIdentifier(column)}::text`)
  return `${row}.${quoteIdentifier(root.id)}, ${text(root.label)}, ${text(root.slug)}`
}

function fill(settings: PlanSettings, root: AdoptedRoot): Step {
  const name = displayName(root)
  const { defaultOrganization, keyType } = settings
  const control = quoteIdentifier(settings.controlSchema)
  return {
    id: `expand/${name}/organizations-fill`,
    phase: 'expand',
    kind: 'adopted-root',
    table: name,
    summary: `make an organization for each row that ${name} has`,
    mode: 'transaction',
    statements: [
      `do $partywall$ begin perform ${control}.adopt_organization(${adoptArguments(root, 'r')}) from ${quoteName(root)} r; end $partywall$`,
      ...(defaultOrganization === null
        ? []
        : [
            `update ${control}.organizations set is_default = true where id = ${quoteLiteral(defaultOrganization.id)}::${keyType}`,
          ]),
    ],
    lock: 'none',
    scans: true,
    rewrites: false,
    // Rows, and no fact of the catalog: the journal remembers it, and it may run twice.
    checks: [],
    inverse: [],
  }
}

function validate(settings: PlanSettings, root: AdoptedRoot): Step {
  const name = displayName(root)
  const organizations = { schema: settings.controlSchema, name: 'organizations' }
  return {
    id: `expand/${name}/organizations-validate`,
    phase: 'expand',
    kind: 'adopted-root',
    table: name,
    summary: `prove that each organization is a row of ${name}`,
    mode: 'transaction',
    statements: [`alter table ${quoteName(organizations)} validate constraint ${foreignKey}`],
    lock: 'SHARE UPDATE EXCLUSIVE',
    scans: true,
    rewrites: false,
    checks: [
      {
        object: `foreign key of ${settings.controlSchema}.organizations to ${name}`,
        sql: foreignKeyIs(organizations, foreignKey, {
          columns: ['id'],
          references: root,
          referencedColumns: [root.id],
        }),
      },
    ],
    // Undone by the inverse of the step that added the key.
    inverse: [],
  }
}
