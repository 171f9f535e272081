import { hasReached } from '../../plan/step.ts'
import { quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { appOf, defaultOrganization, makeLogin, mutantLogin, type Mutation, type MutationScene } from './mutation.ts'

const login = quoteIdentifier(mutantLogin)

/** Roles, accessors, defaults and the control plane: ways around every wall at once. */
export function roleMutations(scene: MutationScene): readonly Mutation[] {
  return [
    ...accessorMutations(scene),
    ...attributeMutations(scene),
    ...membershipMutations(scene),
    ...openMutations(scene),
  ]
}

function mutation(kind: string, ...statements: readonly string[]): Mutation {
  return { kind, table: '', statements }
}

function accessorMutations(scene: MutationScene): readonly Mutation[] {
  const { controlSchema, keyType, setting, roles } = scene.plan.settings
  const schema = quoteIdentifier(controlSchema)
  const fallback = (name: string): string =>
    `create or replace function ${schema}.${name}() returns ${keyType} language sql stable as ${quoteLiteral(
      `select coalesce(nullif(current_setting(${quoteLiteral(setting)}, true), '')::${keyType}, ${defaultOrganization(scene)}::${keyType})`,
    )}`
  return [
    mutation('immutable-accessor', `alter function ${schema}.require_tenant_id() immutable`),
    mutation('accessor-falls-back', fallback('require_tenant_id')),
    mutation('default-falls-back', fallback('current_tenant_id')),
    { ...mutation('leakproof-accessor', `alter function ${schema}.require_tenant_id() leakproof`), superuser: true },
    {
      ...mutation(
        'accessor-of-login',
        makeLogin(scene),
        `alter function ${schema}.require_tenant_id() owner to ${login}`,
      ),
      superuser: true,
    },
    {
      ...mutation(
        'lookup-tells-all',
        `create or replace function ${schema}.list_memberships(requesting_user text) returns table (organization_id ${keyType}, slug text, name text, organization_status text, role text, membership_status text) language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as ${quoteLiteral(
          `select o.id, o.slug, o.name, o.status, m.role, m.status from ${schema}.memberships m join ${schema}.organizations o on o.id = m.organization_id`,
        )}`,
        `alter function ${schema}.list_memberships(text) owner to ${quoteIdentifier(roles.operator)}`,
      ),
      superuser: true,
    },
  ]
}

function attributeMutations(scene: MutationScene): readonly Mutation[] {
  const attributes = ['bypassrls', 'superuser', 'createrole', 'replication']
  return [
    ...attributes.map((attribute) => ({
      ...mutation(`login-with-${attribute}`, makeLogin(scene), `alter role ${login} ${attribute}`),
      superuser: true,
    })),
    { ...mutation('application-with-bypassrls', `alter role ${appOf(scene)} bypassrls`), superuser: true },
  ]
}

function membershipMutations(scene: MutationScene): readonly Mutation[] {
  const { roles } = scene.plan.settings
  const groups = {
    owner: scene.owner,
    operator: roles.operator,
    migrator: roles.migrator,
    'read-all': 'pg_read_all_data',
    'write-all': 'pg_write_all_data',
    'server-files': 'pg_read_server_files',
  }
  const known = Object.entries(groups).filter(([, role]) => scene.roles.includes(role))
  const member = (kind: string, role: string, options = ''): Mutation => ({
    ...mutation(kind, makeLogin(scene), `grant ${quoteIdentifier(role)} to ${login}${options}`),
    superuser: true,
  })
  return [
    ...known.map(([name, role]) => member(`member-of-${name}`, role)),
    member(
      'administrator-of-operator',
      roles.operator,
      scene.serverVersion >= 160000 ? ' with admin true, inherit false, set false' : ' with admin option',
    ),
    {
      ...mutation('application-in-operator', `grant ${quoteIdentifier(roles.operator)} to ${appOf(scene)}`),
      superuser: true,
    },
  ]
}

/** Doors that stand open, without any role that should not be. */
function openMutations(scene: MutationScene): readonly Mutation[] {
  const { plan } = scene
  const { controlSchema, setting } = plan.settings
  const app = appOf(scene)
  const control = quoteIdentifier(controlSchema)
  const [name, ...rest] = setting.split('.')
  const parameter = [name as string, ...rest].map(quoteIdentifier).join('.')
  const schema = quoteIdentifier(plan.tables.tenant[0]?.schema ?? 'public')
  const owner = quoteIdentifier(scene.owner)
  return [
    mutation(
      'tenant-by-default-of-role',
      makeLogin(scene),
      `alter role ${login} set ${parameter} = ${defaultOrganization(scene)}`,
    ),
    {
      ...mutation(
        'tenant-by-default-of-database',
        `alter database ${quoteIdentifier(plan.database)} set ${parameter} = ${defaultOrganization(scene)}`,
      ),
    },
    mutation('temporary-objects', `grant temporary on database ${quoteIdentifier(plan.database)} to public`),
    mutation('create-in-schema', `grant create on schema ${schema} to ${app}`),
    mutation(
      'default-privileges',
      `alter default privileges for role ${owner} in schema ${schema} grant select, insert on tables to ${app}`,
    ),
    mutation(
      'default-privileges-to-public',
      `alter default privileges for role ${owner} grant select on tables to public`,
    ),
    mutation('organizations-without-wall', `alter table ${control}.organizations disable row level security`),
    mutation('memberships-without-wall', `alter table ${control}.memberships disable row level security`),
    mutation('memberships-written-by-application', `grant insert, update on ${control}.memberships to ${app}`),
    mutation('journal-written-by-application', `grant select, update on ${control}.conversion to ${app}`),
    ...(hasReached(scene.phase, 'contract')
      ? plan.tables.shared
          .slice(0, 1)
          .map((shared) => mutation('shared-table-written', `grant update on ${quoteName(shared)} to ${app}`))
      : []),
  ]
}
