import { readConversion } from '../../conversion.ts'
import { findDrift } from '../../drift/find-drift.ts'
import { openSession } from '../../database/session.ts'
import { phases } from '../../plan/step.ts'
import type { Command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { hazardLine } from '../report-plan.ts'
import { leftText } from '../left-text.ts'
import { textTable } from '../text-table.ts'
import { leftSteps, pendingSteps } from './plan.ts'

export const statusCommand: Command = {
  name: 'status',
  summary: 'tell how far the conversion is; exits with 3 while steps are pending',
  run: async (context) => {
    const config = await context.config()
    await using session = await openSession({ url: context.databaseUrl(), applicationName: 'partywall status' })
    const conversion = await readConversion(session, config)
    const { plan, state } = conversion
    const pending = new Set((await pendingSteps(session, conversion)).map((step) => step.id))
    const left = await leftSteps(session, conversion)
    const drift = await findDrift(session, conversion, config.schemas)
    const counts = phases.map((phase) => {
      const steps = plan.steps.filter((step) => step.phase === phase)
      return { phase, total: steps.length, pending: steps.filter((step) => pending.has(step.id)).length }
    })
    const phase = state?.plan === undefined ? (state === undefined ? 'none' : 'install') : state.phase
    const rows = counts.map((one) => [one.phase, one.total - one.pending, `of ${one.total} steps done`])
    return {
      exitCode: pending.size > 0 ? exitCode.pending : exitCode.ok,
      document: {
        phase,
        installed: state !== undefined,
        frozen: conversion.frozen,
        planHash: state?.planHash ?? null,
        steps: counts,
        pending: [...pending],
        left: left.map((step) => step.id),
        hazards: drift,
      },
      text: `${phase === 'none' ? 'Not converted.' : `Phase complete: ${phase}`}\n${textTable(rows)}\n${leftText(left)}${drift.map((hazard) => `${hazardLine(hazard)}\n`).join('')}`,
    }
  },
}
