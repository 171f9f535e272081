import type { CatalogRule } from './catalog-rule.ts'
import { controlPlane } from './rules/control-plane.ts'
import { controlPlaneConstraint } from './rules/control-plane-constraint.ts'
import { defaultPrivilege } from './rules/default-privilege.ts'
import { definerFunction } from './rules/definer-function.ts'
import { foreignPolicy } from './rules/foreign-policy.ts'
import { foreignServer } from './rules/foreign-server.ts'
import { largeObjects } from './rules/large-objects.ts'
import { newTableGuard } from './rules/new-table-guard.ts'
import { ownership } from './rules/ownership.ts'
import { rewriteRule } from './rules/rewrite-rule.ts'
import { roleAttribute } from './rules/role-attribute.ts'
import { roleReach } from './rules/role-reach.ts'
import { schemaCreate } from './rules/schema-create.ts'
import { sequencePrivilege } from './rules/sequence-privilege.ts'
import { temporaryObjects } from './rules/temporary-objects.ts'
import { settingDefault } from './rules/setting-default.ts'
import { tablePrivilege } from './rules/table-privilege.ts'
import { unplannedTable } from './rules/unplanned-table.ts'
import { viewReach } from './rules/view-reach.ts'

/** Every rule about roles and privileges. A new idea is a file in `rules/` and a line here. */
export const catalogRules: readonly CatalogRule[] = [
  roleAttribute,
  roleReach,
  ownership,
  tablePrivilege,
  foreignPolicy,
  viewReach,
  definerFunction,
  rewriteRule,
  settingDefault,
  schemaCreate,
  temporaryObjects,
  unplannedTable,
  newTableGuard,
  controlPlane,
  controlPlaneConstraint,
  defaultPrivilege,
  sequencePrivilege,
  largeObjects,
  foreignServer,
]
