import { describe, expect, it } from 'vitest'
import type { Plan } from '../plan/plan.ts'
import type { Inverse, Phase, Step, UndoStage } from '../plan/step.ts'
import { planRollback } from './plan-rollback.ts'

const operation = {
  summary: '',
  mode: 'transaction',
  statements: [],
  lock: 'none',
  scans: false,
  rewrites: false,
  checks: [],
} as const

function step(id: string, phase: Phase, stages: readonly UndoStage[], undoneWith?: Phase): Step {
  const inverse = stages.map((stage, at): Inverse => ({ ...operation, id: `undo-${id}-${at}`, stage }))
  return {
    ...operation,
    id,
    phase,
    kind: 'policy',
    table: null,
    inverse,
    ...(undoneWith === undefined ? {} : { undoneWith }),
  }
}

const plan = {
  steps: [
    step('column', 'expand', ['columns']),
    step('composite', 'expand', ['composite-keys'], 'contract'),
    step('policies', 'expand', ['access']),
    step('drop-key', 'contract', ['narrow-keys', 'narrow-keys']),
    step('primary', 'contract', ['narrow-indexes', 'primary-keys']),
    step('force', 'enforce', ['enforcement']),
  ],
} as unknown as Plan

describe('planRollback', () => {
  it('puts old keys back before composite ones fall, and swaps the primary key after', () => {
    expect(planRollback(plan, 'none').operations.map(({ id }) => id)).toEqual([
      'undo-force-0',
      'undo-primary-0',
      'undo-drop-key-0',
      'undo-drop-key-1',
      'undo-policies-0',
      'undo-composite-0',
      'undo-primary-1',
      'undo-column-0',
    ])
  })

  it('undoes the later phases only, and what stands on them', () => {
    expect(planRollback(plan, 'contract').steps.map(({ id }) => id)).toEqual(['force'])
    expect(planRollback(plan, 'expand').steps.map(({ id }) => id)).toEqual([
      'composite',
      'drop-key',
      'primary',
      'force',
    ])
  })
})
