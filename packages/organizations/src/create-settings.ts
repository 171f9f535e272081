import * as z from 'zod'
import { TenancyError, inTransaction } from '@partywall/tenancy-core'
import type { RunStatement } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import { explained } from './explain-refusal.ts'
import type { JsonObject } from './json.ts'
import { parseInput } from './parse-input.ts'
import { patchDocument, readSettings, replaceDocument } from './settings-document.ts'
import type { ChangedSettings } from './settings-document.ts'
import type { Settings, SettingsWriteOptions, VersionedSettings } from './settings.ts'
import { actorOf, asOperator, operatorRunner } from './write-control-plane.ts'

/** Where settings are, and what they may be. */
export interface SettingsPlane<Values, Input> extends ControlPlane {
  readonly settings: z.ZodType<Values, Input>
}

interface Stored {
  readonly document: JsonObject
  readonly version: number
}

/** The two statements of a change, as whoever makes it. */
interface Writer {
  readonly run: RunStatement
  readonly lock: string
  readonly put: string
  readonly who: readonly unknown[]
}

const versionSchema = z.number().int().min(0).max(2_147_483_647).optional()

/** The settings of organizations, over the functions of the control plane. */
export function createSettings<Values, Input>(plane: SettingsPlane<Values, Input>): Settings<Values, Input> {
  assertDefaults(plane.settings)
  const { settings: schema } = plane
  return {
    settingsSchema: schema,
    settings: async () => (await read(plane)).settings,
    versionedSettings: () => read(plane),
    updateSettings: (patch, options = {}) =>
      change(plane, options, ({ document }) => patchDocument(schema, document, patch)),
    replaceSettings: (settings, options = {}) => change(plane, options, () => replaceDocument(schema, settings)),
  }
}

/** @throws {TenancyError} `CONFIGURATION_INVALID`: an organization that chose nothing has settings as well. */
function assertDefaults(schema: z.ZodType): void {
  const parsed = parseInput(schema, {}, 'CONFIGURATION_INVALID')
  if (typeof parsed === 'object' && parsed !== null) return
  throw new TenancyError('CONFIGURATION_INVALID', 'The schema of settings makes no object of an empty one.')
}

async function read<Values, Input>(plane: SettingsPlane<Values, Input>): Promise<VersionedSettings<Values>> {
  const { tenancy, control } = plane
  // In an operator scope the statement would read the settings of any organization.
  tenancy.requireTenant()
  const sql = `select settings as "document", version from ${control}.organization_settings`
  const { rows } = await explained({}, () => tenancy.pool.query<Stored>(sql))
  const { document, version } = rows[0] ?? { document: {}, version: 0 }
  return { settings: readSettings(plane.settings, document), version }
}

async function change<Values, Input>(
  plane: SettingsPlane<Values, Input>,
  { expectedVersion, ...options }: SettingsWriteOptions,
  decide: (stored: Stored) => ChangedSettings<Values>,
): Promise<VersionedSettings<Values>> {
  const expected = parseInput(versionSchema, expectedVersion, 'SETTINGS_INVALID')
  const { tenancy, control } = plane
  const asked = expected === undefined ? {} : { expectedVersion: expected }
  const work = (writer: Writer): Promise<VersionedSettings<Values>> => changeWith(writer, expected, decide)
  const inOperatorScope = operatorRunner(plane, options)
  const system = { lock: `${control}.lock_settings($1::text, null)`, put: `${control}.put_settings($1::text, null, ` }
  if (inOperatorScope !== undefined) {
    return await explained(asked, () => work({ ...system, run: inOperatorScope, who: [options.organizationId] }))
  }
  const { organizationId } = tenancy.requireTenant()
  const actor = actorOf(plane, ['user', 'system'])
  if (actor.type === 'system') {
    const operation = { reason: 'change the settings', actor, asked, options }
    return await asOperator(plane, operation, (run) => work({ ...system, run, who: [organizationId] }))
  }
  const user = { lock: `${control}.lock_own_settings($1::text)`, put: `${control}.put_own_settings($1::text, ` }
  return await explained(asked, () =>
    inTransaction(tenancy, options.transaction, (run) => work({ ...user, run, who: [actor.id] })),
  )
}

/** What is checked here is what is stored: between the two statements the lock keeps others out, and the version holds. */
async function changeWith<Values>(
  { run, lock, put, who }: Writer,
  expected: number | undefined,
  decide: (stored: Stored) => ChangedSettings<Values>,
): Promise<VersionedSettings<Values>> {
  const rows = await run<Stored>(`select stored_settings as "document", stored_version as "version" from ${lock}`, [
    ...who,
  ])
  const stored = rows[0] as Stored
  // Before the schema is asked: it may refuse a patch of what is no longer there.
  const version = expected ?? stored.version
  if (version !== stored.version) throw changed(version)
  const { document, value } = decide(stored)
  const sql = `select ${put}$2::text::jsonb, $3::integer) as "version"`
  const [written] = await run<{ version: number }>(sql, [...who, JSON.stringify(document), version])
  return { settings: value, version: written?.version ?? version }
}

function changed(expectedVersion: number): TenancyError {
  const message = `The settings have changed since version ${expectedVersion}. Read them, then decide.`
  return new TenancyError('SETTINGS_CHANGED', message, { details: { expectedVersion } })
}
