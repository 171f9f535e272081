import { hashPlan } from '../apply/journal.ts'
import type { Plan, PlanSettings } from '../plan/plan.ts'
import { phases, type Phase } from '../plan/step.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.ts'

/** Leaves the plan in the database, so that `status`, `verify` and `rollback` know it. */
export function freezeStatement(plan: Plan): string {
  const text = JSON.stringify(plan)
  const conversion = `${quoteIdentifier(plan.settings.controlSchema)}.conversion`
  return `update ${conversion} set plan = ${dollarQuoted(text)}::jsonb, plan_hash = ${quoteLiteral(hashPlan(plan))}, updated_at = now()`
}

/**
 * Records that a phase is complete, after every fact of it was looked for in the catalog: a file that was left out is
 * found here, and not by the first request that needs it.
 */
export function completeStatements(settings: PlanSettings, phase: Phase): readonly string[] {
  const schema = quoteIdentifier(settings.controlSchema)
  const list = (names: readonly string[]): string => `array[${names.map(quoteLiteral).join(', ')}]::text[]`
  const reached = phases.slice(0, phases.indexOf(phase) + 1)
  const steps = `${schema}.conversion c, jsonb_array_elements(c.plan -> 'steps') with ordinality s(step, at)`
  const ofPhase = `step ->> 'phase' = ${quoteLiteral(phase)} and not coalesce((step ->> 'privileged')::boolean, false)`
  const record = `insert into ${schema}.journal (step_id, position, phase, status, finished_at, duration_ms, inverse)
select step ->> 'id', at - 1, step ->> 'phase', 'done', clock_timestamp(), 0, step -> 'inverse' from ${steps} where ${ofPhase}
on conflict (step_id) do update set status = excluded.status, finished_at = coalesce(journal.finished_at, excluded.finished_at)`
  return [
    `do $partywall$
declare
  fact jsonb;
  holds boolean;
begin
  for fact in
    select f from ${steps}, jsonb_array_elements(step -> 'checks') f
    where ${ofPhase} and coalesce(f ->> 'until', '') <> all (${list(reached)})
  loop
    execute 'select coalesce((' || (fact ->> 'sql') || '), false)' into holds;
    if not holds then
      raise exception '${phase} is not complete: % is missing', fact ->> 'object' using hint = 'Run the files of ${phase} in their order.';
    end if;
  end loop;
end
$partywall$`,
    record,
    ...(phase === 'install'
      ? []
      : [
          `update ${schema}.conversion set phase = ${quoteLiteral(phase)}, updated_at = now() where array_position(${list(phases)}, phase) < array_position(${list(phases)}, ${quoteLiteral(phase)})`,
        ]),
  ]
}

/** JSON holds quotes of every kind: a tag that the text does not have. */
function dollarQuoted(text: string): string {
  const tag = ['$plan$', ...Array.from({ length: 99 }, (_, at) => `$plan${at}$`)].find((one) => !text.includes(one))
  return `${tag}${text}${tag}`
}
