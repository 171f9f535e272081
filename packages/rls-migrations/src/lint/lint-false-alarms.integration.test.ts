import { describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, samples, type OwnedDatabase } from '../../test/owned-database.ts'
import { unusualSchemas } from '../../test/unusual-schemas.ts'
import type { PartywallConfig } from '../config/conversion-config.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { openSession } from '../database/session.ts'
import { lintDatabase } from './lint-database.ts'
import type { LintReport } from './lint-report.ts'

const phases = ['expand', 'contract', 'enforce'] as const

async function lint(url: string, config: PartywallConfig = {}): Promise<LintReport> {
  await using session = await openSession({ url, applicationName: 'lint' })
  return await lintDatabase({ session, config: resolveConfig(config) })
}

/** What would make the command fail. */
const failures = ({ findings }: LintReport): readonly string[] =>
  findings
    .filter((one) => one.severity !== 'info')
    .map((one) => `${one.severity} ${one.rule}: ${one.object}: ${one.detail}`)

/** Up to each phase in turn, with a login of the application, as a service has it. */
async function inEachPhase(
  database: OwnedDatabase,
  config: PartywallConfig,
  see: (report: LintReport) => void,
): Promise<void> {
  for (const phase of phases) {
    const { session, plan } = await convertWhole(database, phase, config)
    await session.close()
    await database.login([plan.settings.roles.app])
    const report = await lint(database.ownerUrl, config)
    expect({ basis: report.basis, phase: report.phase }).toEqual({ basis: 'plan', phase })
    see(report)
  }
}

/** A table of the torture schema has row-level security of its own before the conversion: alone it is no wall. */
const byHand: Readonly<Record<string, readonly string[]>> = {
  torture: ['force-off', 'no-permissive-policy'],
}

/** What the torture schema does that is no better after the conversion, and that the plan told of. */
const told: Readonly<Record<string, readonly string[]>> = {
  torture: ['public-privilege'],
}

describe.each(Object.entries(samples))('lint of %s', (name, sample) => {
  it('fails for nothing in any phase, and not for what is not converted', async () => {
    await using database = await createOwnedDatabase(sample)
    const unconverted = await lint(database.ownerUrl, sample.config)
    const rules = unconverted.findings.filter((one) => one.severity !== 'info').map((one) => one.rule)
    expect(rules.toSorted()).toEqual(byHand[name] ?? [])
    await inEachPhase(database, sample.config, (report) => {
      const alarms = report.findings.filter((one) => one.severity !== 'info')
      expect(alarms.filter((one) => one.severity === 'error')).toEqual([])
      expect(alarms.filter((one) => !(told[name] ?? []).includes(one.rule))).toEqual([])
    })
  })

  it('fails for nothing without the plan: by the policies alone, as a login that may not read the journal', async () => {
    await using database = await createOwnedDatabase(sample)
    const { session, plan } = await convertWhole(database, 'enforce', sample.config)
    await session.close()
    const reader = await database.login()
    const report = await lint(reader.url, sample.config)
    expect({ basis: report.basis, phase: report.phase }).toEqual({ basis: 'policies', phase: 'enforce' })
    // Only the plan tells which keys were left as they are on purpose.
    const alarms = report.findings.filter((one) => one.severity !== 'info' && one.rule !== 'key-across-organizations')
    expect(alarms).toEqual([])
    await database.admin('truncate partywall.conversion cascade')
    expect(await lint(database.ownerUrl, sample.config)).toMatchObject({ basis: 'policies', phase: 'enforce' })
    expect(plan.tables.tenant.length).toBeGreaterThan(0)
  })
})

describe('lint of a schema that is right', () => {
  it.each(Object.entries(unusualSchemas))('fails for nothing in %s', async (_name, { sql, config = {}, admin }) => {
    await using database = await createOwnedDatabase({ text: sql })
    if (admin !== undefined) await database.admin(admin)
    await inEachPhase(database, config, (report) => expect(failures(report)).toEqual([]))
  })
})
