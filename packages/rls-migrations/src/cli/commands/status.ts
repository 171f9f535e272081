import { findOldPath, idleRolesText, oldSessionsText, type OldPath } from '../../apply/old-path.ts'
import { leftSteps, pendingSteps } from '../../apply/pending-steps.ts'
import { readRunState } from '../../apply/run-state.ts'
import { readWithIncrement, type Conversion } from '../../conversion.ts'
import { findDrift } from '../../drift/find-drift.ts'
import { openSession, type Session } from '../../database/session.ts'
import { phases } from '../../plan/step.ts'
import { additionDocument, additionText } from '../addition-text.ts'
import type { Command } from '../command.ts'
import { exitCode, type ExitCode } from '../exit-code.ts'
import { findBrokenChecks } from '../../verify/broken-checks.ts'
import type { Crossing } from '../../verify/verify-report.ts'
import { readSealKeys } from '../../seal/seal-key-store.ts'
import { sealModeOf } from '../../seal/switch-seal.ts'
import { sealStatusText } from '../seal-text.ts'
import { hazardLine } from '../report-plan.ts'
import { leftText } from '../left-text.ts'
import { runText, type RunFacts } from '../report-run.ts'
import { textTable } from '../text-table.ts'

export const statusCommand: Command = {
  name: 'status',
  summary:
    'tell how far the conversion is; exits with 3 while steps are pending, with 4 when an object of the wall is gone',
  run: async (context) => {
    const config = await context.config()
    await using session = await openSession({ url: context.databaseUrl(), applicationName: 'partywall status' })
    const { frozen, increment, conversion } = await readWithIncrement(session, config)
    const { plan, state } = conversion
    const open = await pendingSteps(session, conversion)
    const pending = new Set(open.map((step) => step.id))
    const left = await leftSteps(session, conversion)
    const drift = await findDrift(session, frozen, config.schemas)
    const broken = await findBroken(session, frozen, pending)
    const keys = await readSealKeys(session, plan.settings)
    const counts = phases.map((phase) => {
      const steps = plan.steps.filter((step) => step.phase === phase)
      return { phase, total: steps.length, pending: steps.filter((step) => pending.has(step.id)).length }
    })
    const phase = state?.plan === undefined ? (state === undefined ? 'none' : 'install') : state.phase
    const run = state === undefined ? null : await readRunState(session, config.controlSchema)
    const next = plan.steps.find((step) => pending.has(step.id))?.id ?? null
    const oldPath = phase === 'expand' || phase === 'contract' ? await findOldPath(session, plan) : null
    return {
      exitCode: codeOf({
        broken: broken.length,
        // A context that takes both is on its way to one of them.
        pending: pending.size + (plan.settings.seal === 'accept' ? 1 : 0),
      }),
      document: {
        phase,
        installed: state !== undefined,
        frozen: conversion.frozen,
        planHash: state?.planHash ?? null,
        steps: counts,
        added: additionDocument(increment),
        pending: [...pending],
        left: left.map((step) => step.id),
        next,
        run,
        oldPath,
        hazards: drift,
        broken,
        seal: { mode: sealModeOf(plan), keys },
      },
      text: [
        standText({ phase, counts, next, run }),
        additionText(increment),
        oldPathText(oldPath),
        sealStatusText(plan, keys),
        leftText(left),
        ...drift.map((hazard) => `${hazardLine(hazard)}\n`),
        brokenText(broken),
      ].join(''),
    }
  },
}

/** What is still to be made is not broken. */
async function findBroken(
  session: Session,
  { state }: Conversion,
  pending: ReadonlySet<string>,
): Promise<readonly Crossing[]> {
  if (state?.plan === undefined) return []
  const made = state.plan.steps.filter((step) => !pending.has(step.id))
  return await findBrokenChecks(session, { ...state.plan, steps: made }, state.phase)
}

/** What was taken away weighs more than what is still to come. */
function codeOf({ broken, pending }: { broken: number; pending: number }): ExitCode {
  if (broken > 0) return exitCode.finding
  return pending > 0 ? exitCode.pending : exitCode.ok
}

function standText({ phase, ...facts }: RunFacts & { readonly phase: string }): string {
  const rows = facts.counts.map((one) => [one.phase, one.total - one.pending, `of ${one.total} steps done`])
  return `${phase === 'none' ? 'Not converted.' : `Phase complete: ${phase}`}\n${textTable(rows)}\n${runText(facts)}`
}

function oldPathText(oldPath: OldPath | null): string {
  if (oldPath === null) return ''
  const { sessions } = oldPath
  const connected =
    sessions.length === 0 ? '' : `Connected, and broken by the next phase:\n${oldSessionsText(sessions)}\n`
  return `${connected}${idleRolesText(oldPath)}`
}

function brokenText(broken: readonly Crossing[]): string {
  return broken.map((one) => `  ${one.table === '' ? '' : `${one.table}: `}${one.detail}\n`).join('')
}
