import type { CatalogRule } from '../verify/catalog-rule.ts'
import { catalogRules } from '../verify/catalog-rules.ts'
import { catalogDrift } from './catalog-drift.ts'
import { newTable } from './new-tables.ts'
import { policyRules } from './policies/policy-rules.ts'
import type { RuleText } from './rule-text.ts'
import { bypassrlsLogin } from './rules/bypassrls-login.ts'
import { cascadeTrigger } from './rules/cascade-trigger.ts'
import { columnPrivilege } from './rules/column-privilege.ts'
import { definerDynamicSql } from './rules/definer-dynamic-sql.ts'
import { definerSearchPath } from './rules/definer-search-path.ts'
import { definerTrigger } from './rules/definer-trigger.ts'
import { duplicateIndex } from './rules/duplicate-index.ts'
import { extensionInPublic } from './rules/extension-in-public.ts'
import { forceOff } from './rules/force-off.ts'
import { grantOption } from './rules/grant-option.ts'
import { keyAcrossOrganizations } from './rules/key-across-organizations.ts'
import { leakproofFunction } from './rules/leakproof-function.ts'
import { noNewTableGuard } from './rules/no-new-table-guard.ts'
import { noPermissivePolicy } from './rules/no-permissive-policy.ts'
import { noPrimaryKey } from './rules/no-primary-key.ts'
import { noTenantIndex } from './rules/no-tenant-index.ts'
import { notConverted } from './rules/not-converted.ts'
import { openTable } from './rules/open-table.ts'
import { otherDatabase } from './rules/other-database.ts'
import { outwardFunction } from './rules/outward-function.ts'
import { parameterPrivilege } from './rules/parameter-privilege.ts'
import { publicPrivilege } from './rules/public-privilege.ts'
import { publishedTable } from './rules/published-table.ts'
import { referenceAcrossOrganizations } from './rules/reference-across-organizations.ts'
import { referenceUnproved } from './rules/reference-unproved.ts'
import { roleRowSecurity } from './rules/role-row-security.ts'
import { rowSecurityOff } from './rules/row-security-off.ts'
import { serverVersion } from './rules/server-version.ts'
import { setNullOfTenant } from './rules/set-null-of-tenant.ts'
import { silentLogin } from './rules/silent-login.ts'
import { statisticsReach } from './rules/statistics-reach.ts'
import { tenantByDefault } from './rules/tenant-by-default.ts'
import { tenantColumnNullable } from './rules/tenant-column-nullable.ts'
import { unindexedReference } from './rules/unindexed-reference.ts'
import { viewWithoutBarrier } from './rules/view-without-barrier.ts'

/** Every rule that asks the catalog: those of `verify`, whose findings are crossings, and those that are about less. */
export const lintQueries: readonly CatalogRule[] = [
  ...catalogRules,
  notConverted,
  rowSecurityOff,
  forceOff,
  noPermissivePolicy,
  openTable,
  tenantColumnNullable,
  tenantByDefault,
  keyAcrossOrganizations,
  referenceAcrossOrganizations,
  referenceUnproved,
  setNullOfTenant,
  cascadeTrigger,
  publicPrivilege,
  grantOption,
  columnPrivilege,
  parameterPrivilege,
  roleRowSecurity,
  silentLogin,
  statisticsReach,
  bypassrlsLogin,
  otherDatabase,
  definerSearchPath,
  definerDynamicSql,
  definerTrigger,
  leakproofFunction,
  outwardFunction,
  extensionInPublic,
  viewWithoutBarrier,
  publishedTable,
  noNewTableGuard,
  serverVersion,
  noTenantIndex,
  unindexedReference,
  noPrimaryKey,
  duplicateIndex,
]

/** Every rule there is. A new one is a file in `rules/` or `policies/`, and a section in `docs/reference/lint.md`. */
export const lintRules: readonly RuleText[] = [catalogDrift, ...lintQueries, ...policyRules, newTable]
