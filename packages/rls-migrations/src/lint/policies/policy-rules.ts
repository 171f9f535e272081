import {
  policyConstantTenant,
  policyOpenWithoutContext,
  policyOrBypass,
  policyOtherRows,
  policyPatternMatch,
} from './bypass-rules.ts'
import { accessorFallsBack, policyImmutableContext, policyVolatileFunction } from './function-rules.ts'
import type { PolicyRule } from './policy-rule.ts'
import {
  commandWithoutWall,
  policyByDatabaseRole,
  policyOtherColumn,
  policyReadsWritable,
  policyWithoutRow,
} from './scope-rules.ts'
import { policyCastsColumn, policyPerRowCall, policyTakesEmptyText } from './speed-rules.ts'
import {
  policyAlwaysTrue,
  policyDuplicate,
  policyOverlap,
  policyRestrictsNothing,
  policyWritesMore,
} from './write-rules.ts'

/** Every rule that reads what policies say. */
export const policyRules: readonly PolicyRule[] = [
  commandWithoutWall,
  policyAlwaysTrue,
  policyRestrictsNothing,
  policyWritesMore,
  policyOpenWithoutContext,
  policyOrBypass,
  policyOtherRows,
  policyPatternMatch,
  policyConstantTenant,
  policyOtherColumn,
  policyByDatabaseRole,
  policyWithoutRow,
  policyReadsWritable,
  policyImmutableContext,
  accessorFallsBack,
  policyVolatileFunction,
  policyPerRowCall,
  policyCastsColumn,
  policyTakesEmptyText,
  policyDuplicate,
  policyOverlap,
]
