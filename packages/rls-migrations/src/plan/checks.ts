import { quoteIdentifier, quoteLiteral, quoteName, type QualifiedName } from '../sql/identifier.ts'

/**
 * Builders of check expressions. Each is true only when the object exists and is exactly what the step made; none
 * raises when the object, its table or a role is missing.
 */

const regclass = (name: QualifiedName): string => `to_regclass(${quoteLiteral(quoteName(name))})`
const regrole = (role: string): string =>
  role === 'public' ? '0::oid' : `to_regrole(${quoteLiteral(quoteIdentifier(role))})::oid`
const names = (columns: readonly string[]): string => `array[${columns.map(quoteLiteral).join(', ')}]::text[]`

const keyNames = (relation: string, numbers: string): string =>
  `(select array_agg(a.attname::text order by u.i) from unnest(${numbers}) with ordinality u(n, i) join pg_attribute a on a.attrelid = ${relation} and a.attnum = u.n)`

export const not = (expression: string): string => `not coalesce((${expression}), false)`

export const columnExists = (table: QualifiedName, column: string): string =>
  `exists (select from pg_attribute a where a.attrelid = ${regclass(table)} and a.attname = ${quoteLiteral(column)} and not a.attisdropped)`

/** Nullable or not. */
export const columnHasType = (table: QualifiedName, column: string, type: string): string =>
  `exists (select from pg_attribute a where a.attrelid = ${regclass(table)} and a.attname = ${quoteLiteral(column)} and not a.attisdropped and format_type(a.atttypid, a.atttypmod) = ${quoteLiteral(type)})`

export const columnHasDefault = (table: QualifiedName, column: string): string =>
  `exists (select from pg_attribute a where a.attrelid = ${regclass(table)} and a.attname = ${quoteLiteral(column)} and a.atthasdef)`

export const columnIs = (table: QualifiedName, column: string, type: string): string =>
  `exists (select from pg_attribute a where a.attrelid = ${regclass(table)} and a.attname = ${quoteLiteral(column)} and not a.attisdropped and a.attnotnull and format_type(a.atttypid, a.atttypmod) = ${quoteLiteral(type)})`

/**
 * The default as the server prints it, quotes, casts and parentheses left out: whether it quotes a name depends on its
 * list of keywords, and whether it casts a value on the type.
 */
export const defaultIs = (table: QualifiedName, column: string, expression: string): string =>
  `exists (select from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attrelid = ${regclass(table)} and a.attname = ${quoteLiteral(column)} and ${printed('pg_get_expr(d.adbin, d.adrelid)')} = ${printed(quoteLiteral(expression))})`

const printed = (expression: string): string => withoutCasts(`translate(${expression}, '"''', '')`)

export const indexIs = (
  index: QualifiedName,
  table: QualifiedName,
  options: { readonly unique: boolean; readonly first: string },
): string =>
  `exists (select from pg_index x join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0] where x.indexrelid = ${regclass(index)} and x.indrelid = ${regclass(table)} and x.indisvalid and x.indisready${options.unique ? ' and x.indisunique' : ''} and a.attname = ${quoteLiteral(options.first)})`

export const indexExists = (index: QualifiedName): string =>
  `exists (select from pg_index x where x.indexrelid = ${regclass(index)} and x.indisvalid)`

/** A unique, immediate, whole index over exactly these columns, under whatever name: what a foreign key can stand on. */
export const uniqueOver = (table: QualifiedName, columns: readonly string[]): string =>
  `exists (select from pg_index x where x.indrelid = ${regclass(table)} and x.indisunique and x.indisvalid and x.indimmediate and x.indpred is null and x.indexprs is null and ${keyNames('x.indrelid', '(x.indkey::int2[])[0:x.indnkeyatts - 1]')} = ${names(columns)})`

export const keyIs = (table: QualifiedName, constraint: string, columns: readonly string[]): string =>
  `exists (select from pg_constraint k where k.conrelid = ${regclass(table)} and k.conname = ${quoteLiteral(constraint)} and k.contype in ('p', 'u') and ${keyNames('k.conrelid', 'k.conkey')} = ${names(columns)})`

export const constraintExists = (table: QualifiedName, constraint: string): string =>
  `exists (select from pg_constraint k where k.conrelid = ${regclass(table)} and k.conname = ${quoteLiteral(constraint)})`

export interface ForeignKeyShape {
  readonly columns: readonly string[]
  readonly references: QualifiedName
  readonly referencedColumns: readonly string[]
}

/** The key holds, is validated, and its triggers are switched on. */
export const foreignKeyIs = (table: QualifiedName, constraint: string, shape: ForeignKeyShape): string =>
  `exists (select from pg_constraint k where k.conrelid = ${regclass(table)} and k.conname = ${quoteLiteral(constraint)} and k.contype = 'f' and k.convalidated and k.confrelid = ${regclass(shape.references)} and ${keyNames('k.conrelid', 'k.conkey')} = ${names(shape.columns)} and ${keyNames('k.confrelid', 'k.confkey')} = ${names(shape.referencedColumns)} and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) and not exists (select from pg_trigger t where t.tgconstraint = k.oid and t.tgenabled = 'D'))`

export const policyExists = (table: QualifiedName, policy: string): string =>
  `exists (select from pg_policy p where p.polrelid = ${regclass(table)} and p.polname = ${quoteLiteral(policy)})`

export interface PolicyShape {
  readonly permissive: boolean
  readonly roles: readonly string[]
  /** As the server prints it; the same for USING and WITH CHECK. */
  readonly expression: string
  /** Which casts and parentheses the server adds depends on the types of the host: compare without. */
  readonly castsVary?: boolean
}

const withoutCasts = (expression: string): string =>
  `regexp_replace(${expression}, '::[a-z0-9_. ]+(\\([0-9, ]+\\))?(\\[\\])*|[()\\s]', '', 'g')`

export const policyIs = (table: QualifiedName, policy: string, shape: PolicyShape): string => {
  const compared = (expression: string): string => (shape.castsVary === true ? withoutCasts(expression) : expression)
  const expression = compared(quoteLiteral(shape.expression.replaceAll('"', '')))
  const [using, withCheck] = ['p.polqual', 'p.polwithcheck'].map((tree) =>
    compared(`replace(pg_get_expr(${tree}, p.polrelid), '"', '')`),
  )
  const roles = `array[${shape.roles.map(regrole).join(', ')}]::oid[]`
  return `exists (select from pg_policy p where p.polrelid = ${regclass(table)} and p.polname = ${quoteLiteral(policy)} and p.polcmd = '*' and p.polpermissive = ${shape.permissive} and p.polroles <@ ${roles} and p.polroles @> ${roles} and ${using} = ${expression} and ${withCheck} = ${expression})`
}

/** A table that is gone is off. */
export const rowSecurityIs = (table: QualifiedName, on: boolean): string =>
  `${on ? '' : 'not '}exists (select from pg_class c where c.oid = ${regclass(table)} and c.relrowsecurity)`

export const forceRowSecurityIs = (table: QualifiedName, on: boolean): string =>
  `${on ? '' : 'not '}exists (select from pg_class c where c.oid = ${regclass(table)} and c.relforcerowsecurity)`

export const hasTablePrivileges = (role: string, table: QualifiedName, privileges: readonly string[]): string =>
  privileges
    .map((privilege) => `has_table_privilege(${regrole(role)}, ${regclass(table)}::oid, ${quoteLiteral(privilege)})`)
    .join(' and ')

export const lacksTablePrivileges = (role: string, table: QualifiedName, privileges: readonly string[]): string =>
  `not (${privileges.map((privilege) => holdsAny(role, table, privilege)).join(' or ')})`

/** On the whole relation or on a single column of it, for the privileges that columns can have. */
const holdsAny = (role: string, table: QualifiedName, privilege: string): string =>
  `${['select', 'insert', 'update', 'references'].includes(privilege) ? 'has_any_column_privilege' : 'has_table_privilege'}(${regrole(role)}, ${regclass(table)}::oid, ${quoteLiteral(privilege)})`

/** Nothing is granted to the role itself; what it holds through PUBLIC does not count. */
export const isNotGranted = (role: string, relation: QualifiedName): string =>
  `not exists (select from pg_class c, aclexplode(c.relacl) g where c.oid = ${regclass(relation)} and g.grantee = ${regrole(role)})`

/** Directly or through PUBLIC. */
export const hasSchemaUsage = (role: string, schema: string): string =>
  `has_schema_privilege(${regrole(role)}, to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})::oid, 'usage')`

/** A condition on the row `d` of the database. */
export const databaseIs = (condition: string): string =>
  `exists (select from pg_database d where d.datname = current_database() and ${condition})`

export const publicMayCreateIn = (schema: string): string =>
  `exists (select from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g where n.oid = to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})::oid and g.grantee = 0 and g.privilege_type = 'CREATE')`

export const isNotGrantedSchema = (role: string, schema: string): string =>
  `not exists (select from pg_namespace n, aclexplode(n.nspacl) g where n.oid = to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})::oid and g.grantee = ${regrole(role)})`

export const isViewInvoker = (view: QualifiedName): string =>
  `exists (select from pg_class c, pg_options_to_table(c.reloptions) o where c.oid = ${regclass(view)} and o.option_name = 'security_invoker' and o.option_value::boolean)`

export const relationOwnerIs = (relation: QualifiedName, role: string): string =>
  `(select c.relowner = ${regrole(role)} from pg_class c where c.oid = ${regclass(relation)})`

/** `signature` is the quoted name with its argument types. */
export const functionOwnerIs = (signature: string, role: string): string =>
  `(select p.proowner = ${regrole(role)} from pg_proc p where p.oid = to_regprocedure(${quoteLiteral(signature)}))`

export const mayExecute = (role: string, signature: string): string =>
  role === 'public'
    ? `exists (select from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g where p.oid = to_regprocedure(${quoteLiteral(signature)}) and g.grantee = 0)`
    : `has_function_privilege(${regrole(role)}, to_regprocedure(${quoteLiteral(signature)})::oid, 'execute')`

export const roleExists = (role: string): string => `${regrole(role)} is not null`

export const isMember = (member: string, role: string): string =>
  `exists (select from pg_auth_members m where m.member = ${regrole(member)} and m.roleid = ${regrole(role)})`

/** Harmless by itself: cannot log in, and none of the attributes that reach around the policies. */
export const roleIsPlain = (role: string): string =>
  `exists (select from pg_roles r where r.oid = ${regrole(role)} and not (r.rolcanlogin or r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication))`

/** The trigger stands, switched on, with that function. */
export const triggerIs = (table: QualifiedName, trigger: string, routine: QualifiedName): string =>
  `exists (select from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace where t.tgrelid = ${regclass(table)} and t.tgname = ${quoteLiteral(trigger)} and t.tgenabled in ('O', 'A') and p.proname = ${quoteLiteral(routine.name)} and n.nspname = ${quoteLiteral(routine.schema)})`

export const triggerExists = (table: QualifiedName, trigger: string): string =>
  `exists (select from pg_trigger t where t.tgrelid = ${regclass(table)} and t.tgname = ${quoteLiteral(trigger)})`

/** A check constraint that holds for every row. */
export const checkIsValid = (table: QualifiedName, constraint: string): string =>
  `exists (select from pg_constraint k where k.conrelid = ${regclass(table)} and k.conname = ${quoteLiteral(constraint)} and k.contype = 'c' and k.convalidated)`

export const columnIsNotNull = (table: QualifiedName, column: string): string =>
  `exists (select from pg_attribute a where a.attrelid = ${regclass(table)} and a.attname = ${quoteLiteral(column)} and not a.attisdropped and a.attnotnull)`
