import type { Probe } from './probe.ts'
import { cachedPlan } from './probes/cached-plan.ts'
import { cascade } from './probes/cascade.ts'
import { copy } from './probes/copy.ts'
import { defaultOwner } from './probes/default-owner.ts'
import { deleteOther } from './probes/delete-other.ts'
import { forgedContext } from './probes/forged-context.ts'
import { insertAsOther } from './probes/insert-as-other.ts'
import { keptContext } from './probes/kept-context.ts'
import { lockRow } from './probes/lock-row.ts'
import { merge } from './probes/merge.ts'
import { moveToOther } from './probes/move-to-other.ts'
import { ownRow } from './probes/own-row.ts'
import { readAll } from './probes/read-all.ts'
import { readByKey } from './probes/read-by-key.ts'
import { reassignOther } from './probes/reassign-other.ts'
import { referenceOther } from './probes/reference-other.ts'
import { relative } from './probes/relative.ts'
import { sameKey } from './probes/same-key.ts'
import { savepoint } from './probes/savepoint.ts'
import { staleContext } from './probes/stale-context.ts'
import { standIn } from './probes/stand-in.ts'
import { truncate } from './probes/truncate.ts'
import { updateOther } from './probes/update-other.ts'
import { upsert } from './probes/upsert.ts'
import { upsertAsOther } from './probes/upsert-as-other.ts'
import { writeWithoutContext } from './probes/write-without-context.ts'
import { wrongContext } from './probes/wrong-context.ts'
import { zeroContext } from './probes/zero-context.ts'

/** Every attack on a table, the control first. A new idea is a file in `probes/` and a line here. */
export const tableProbes: readonly Probe[] = [
  ownRow,
  readByKey,
  readAll,
  lockRow,
  insertAsOther,
  updateOther,
  moveToOther,
  deleteOther,
  referenceOther,
  reassignOther,
  cascade,
  sameKey,
  upsert,
  upsertAsOther,
  merge,
  copy,
  truncate,
  relative,
  standIn,
  wrongContext,
  zeroContext,
  forgedContext,
  writeWithoutContext,
  defaultOwner,
  savepoint,
  keptContext,
  cachedPlan,
  staleContext,
]
