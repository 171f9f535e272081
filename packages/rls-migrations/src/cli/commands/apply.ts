import { applyPlan, type ApplyResult } from '../../apply/apply-plan.ts'
import { findOldPath, idleRolesText, refuseOldPath } from '../../apply/old-path.ts'
import { acquireRunnerLock, runnerName } from '../../apply/runner-lock.ts'
import { refuseIgnoredChanges } from '../../config/ignored-changes.ts'
import { Journal, type ConversionState } from '../../apply/journal.ts'
import { readConversion, readIncrement } from '../../conversion.ts'
import { openSession, type Session } from '../../database/session.ts'
import type { Increment } from '../../plan/increment.ts'
import type { Plan } from '../../plan/plan.ts'
import { hasReached, phases, type Phase } from '../../plan/step.ts'
import type { Command, CommandContext, CommandResult } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { leftText } from '../left-text.ts'
import { showProgress } from '../live-progress.ts'
import { additionText } from '../addition-text.ts'
import { confirm } from '../confirm.ts'
import { refuseBlockingHazards } from '../refuse-blocking-hazards.ts'
import { usageError } from '../parse-arguments.ts'

export const applyCommand: Command = {
  name: 'apply',
  summary: 'convert the database up to a phase: online, resumable, reversible',
  options: {
    to: { type: 'string', value: 'phase', summary: 'expand (default), contract or enforce' },
    'accept-old-sessions': {
      type: 'boolean',
      summary: 'go on to contract or enforce although sessions are connected that it breaks',
    },
    'accept-hazards': { type: 'boolean', summary: 'go on although the plan names something that blocks' },
  },
  run: async (context) => {
    const to = context.options['to'] ?? 'expand'
    if (to !== 'expand' && to !== 'contract' && to !== 'enforce')
      throw usageError(`--to takes expand, contract or enforce, not ${JSON.stringify(to)}.`)
    return applyCommandRun(context, to)
  },
}

/** Applies up to a phase; `install` goes the same way. */
export async function applyCommandRun(context: CommandContext, to: Phase): Promise<CommandResult> {
  const url = context.databaseUrl()
  const config = await context.config()
  await using lock = await acquireRunnerLock(url)
  await using session = await openSession({ url, applicationName: runnerName })
  const conversion = await readConversion(session, config)
  const { state } = conversion
  if (conversion.frozen && (await context.isConfigured())) refuseIgnoredChanges(conversion.plan, config)
  const increment = to === 'install' ? undefined : await readIncrement(session, conversion, config)
  // A frozen plan was accepted when it was frozen.
  const hazards = conversion.frozen ? (increment?.hazards ?? []) : conversion.plan.hazards
  if (to !== 'install') refuseBlockingHazards(hazards, context.options['accept-hazards'] === true)
  await confirmContract(context, state, to)
  const plan = increment?.plan ?? conversion.plan
  if (increment !== undefined) await takeUp(context, session, increment)
  const result = await applyPlan({
    session,
    plan,
    to: goal(state, to),
    watcher: lock.session,
    onProgress: showProgress(context),
    beforePhase: (phase) => lookAtOldPath(context, phase, { session, plan }),
  })
  return {
    exitCode: exitCode.ok,
    document: {
      ...result,
      durationMs: Math.round(result.durationMs),
      longestBlockMs: Math.round(result.longestBlockMs * 10) / 10,
    },
    text: applyText(result, plan),
  }
}

/** Code without a tenant would fail from contract on: whoever is connected that way is named first. */
async function lookAtOldPath(
  { io, options, json }: CommandContext,
  phase: Phase,
  { session, plan }: { readonly session: Session; readonly plan: Plan },
): Promise<void> {
  if (!hasReached(phase, 'contract')) return
  const oldPath = await findOldPath(session, plan)
  if (!json) io.writeError(idleRolesText(oldPath))
  if (options['accept-old-sessions'] !== true) refuseOldPath(oldPath, phase)
}

async function confirmContract(context: CommandContext, state: ConversionState | undefined, to: Phase): Promise<void> {
  if (!hasReached(to, 'contract') || goal(state, to) !== to || (state?.plan !== undefined && state.phase === to)) return
  await confirm(
    context,
    `From contract on, code without a tenant is refused. Is every instance of the service on the application's login? Continue to ${to}?`,
  )
}

/** From here on the plan of the database has a part for what is new: a run that is cut off is taken up with it. */
async function takeUp({ io, json }: CommandContext, session: Session, increment: Increment): Promise<void> {
  await new Journal(session, increment.plan.settings.controlSchema).freeze(increment.plan)
  if (!json) io.writeError(additionText(increment))
}

/** What is new goes as far as the rest of the database is. */
function goal(state: ConversionState | undefined, to: Phase): Phase {
  return state?.plan !== undefined && hasReached(state.phase, to) ? state.phase : to
}

export function applyText(result: ApplyResult, plan: Plan): string {
  const next = phases[phases.indexOf(result.phase) + 1]
  const lines = [
    `Reached ${result.phase}: ${result.applied} steps applied, ${result.skipped} done before, in ${Math.round(result.durationMs)} ms. The longest that a step kept others waiting was ${Math.round(result.longestBlockMs)} ms.`,
  ]
  if (result.left.length > 0) lines.push(leftText(result.left).trimEnd())
  if (result.phase === 'expand') {
    if (plan.settings.seal !== undefined)
      lines.push('The context is sealed: make the key that the service signs with, partywall seal rotate')
    lines.push(
      'Old code runs on as it is. Cut over now: give the service a login that is a member of the application role,',
      `  create role my_service login password '...' in role "${plan.settings.roles.app}";`,
      'wrap its driver, and when every instance runs on it: partywall apply --to contract',
    )
  } else if (next !== undefined && result.phase !== 'install') {
    lines.push(`Next: partywall verify, then partywall apply --to ${next}`)
  } else if (result.phase === 'install') {
    lines.push('Next: partywall plan, then partywall apply')
  } else {
    lines.push('Next: partywall verify')
  }
  return `${lines.join('\n')}\n`
}
