import { describe, expect, it } from 'vitest'
import type { Plan } from '../plan/plan.ts'
import type { Step } from '../plan/step.ts'
import { plannedReferences } from './planned-references.ts'

const planOf = (kind: Step['kind'], ...statements: string[]): Plan =>
  ({ steps: [{ kind, statements }] }) as unknown as Plan

describe('plannedReferences', () => {
  it('reads the keys that the conversion makes, whatever the names', () => {
    const plan = planOf(
      'composite-foreign-key',
      'lock table "public"."Parent", "public"."child" in share row exclusive mode',
      'alter table "Odd"."ch""ild" add constraint "k, ""x""" foreign key ("org_id", "a, b") references "public"."Parent" ("org_id", "id") on update cascade on delete set null ("a, b") not valid',
    )
    expect(plannedReferences(plan)).toEqual([
      {
        constraint: 'k, "x"',
        table: { schema: 'Odd', name: 'ch"ild' },
        columns: ['org_id', 'a, b'],
        references: { schema: 'public', name: 'Parent' },
        referencedColumns: ['org_id', 'id'],
        cascades: true,
      },
    ])
  })

  it('reads no other steps', () => {
    expect(
      plannedReferences(
        planOf('tenant-key', 'alter table "a"."b" add constraint "c" foreign key ("d") references "e"."f" ("g")'),
      ),
    ).toEqual([])
  })
})
