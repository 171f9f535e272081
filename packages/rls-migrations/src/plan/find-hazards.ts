import { accessHazards, dataRoleHazards } from './hazards/access-hazards.ts'
import { citusHazards } from './hazards/citus-hazards.ts'
import { classHazards } from './hazards/class-hazards.ts'
import { defaultPrivilegeHazards } from './hazards/default-privilege-hazards.ts'
import { functionHazards } from './hazards/function-hazards.ts'
import { keyHazards } from './hazards/key-hazards.ts'
import { notOwnedHazards } from './hazards/not-owned-hazards.ts'
import { organizationHazards } from './hazards/organization-hazards.ts'
import { ownerHazards } from './hazards/owner-hazards.ts'
import { inwardReferenceHazards, referenceHazards } from './hazards/reference-hazards.ts'
import { ruleHazards } from './hazards/rule-hazards.ts'
import { unsupportedKeyHazards } from './hazards/unsupported-key-hazards.ts'
import { upsertRaceHazards } from './hazards/upsert-race-hazards.ts'
import { viewHazards } from './hazards/view-hazards.ts'
import type { PlanContext } from './plan-context.ts'
import type { Hazard } from './plan.ts'

/** What of the host's will behave differently, or needs a decision that no tool can take. */
export function findHazards(context: PlanContext): readonly Hazard[] {
  const { root, tenantTables, userTable } = context
  const walledTables = [
    ...(root === undefined ? [] : [root]),
    ...tenantTables,
    ...(userTable === undefined ? [] : [userTable]),
  ]
  return [
    ...tenantTables.flatMap((table) => [
      ...keyHazards(context, table),
      ...unsupportedKeyHazards(context, table),
      ...upsertRaceHazards(context, table),
      ...referenceHazards(context, table),
    ]),
    ...walledTables.flatMap((table) => accessHazards(context, table)),
    ...organizationHazards(context),
    ...inwardReferenceHazards(context),
    ...classHazards(context),
    ...citusHazards(context),
    ...context.catalog.views.flatMap((view) => viewHazards(context, view)),
    ...ruleHazards(context),
    ...functionHazards(context),
    ...ownerHazards(context),
    ...notOwnedHazards(context),
    ...dataRoleHazards(context),
    ...defaultPrivilegeHazards(context.catalog.openDefaults),
  ]
}
