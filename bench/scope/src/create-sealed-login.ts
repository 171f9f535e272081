import { readFile } from 'node:fs/promises'
import { openSession, rotateSealKey } from '@partywall/rls-migrations'
import type { PlanSettings } from '@partywall/rls-migrations'
import { createAppLogin } from '@partywall/testing'
import { writeSealKey } from '@partywall/tenancy-core'
import pg from 'pg'

/** A login whose tenant is a token. */
export interface SealedLogin {
  readonly url: string
  readonly key: string
}

/** The schema of its accessors and keys, beside those of the plan. */
export const sealedSchema = 'sealed'

/** Puts a sealed context beside the one of the plan, on the same table, for a login of its own. */
export async function createSealedLogin(adminUrl: string, settings: PlanSettings): Promise<SealedLogin> {
  await using session = await openSession({ url: adminUrl, applicationName: 'scope bench' })
  const accessors = await readFile(new URL('../../../migrations/sealed_context.up.sql', import.meta.url), 'utf8')
  await session.query(`create schema ${sealedSchema}`)
  await session.query(accessors.replaceAll(/^.*-- ACCEPT\n/gm, '').replaceAll('/* SCHEMA */partywall', sealedSchema))
  const role = `${settings.roles.app}_sealed`
  const policies = await readFile(new URL('../database/sealed.sql', import.meta.url), 'utf8')
  await session.query(
    `set search_path to public; ${policies.replaceAll('/* SEALED */ sealed', pg.escapeIdentifier(role))}`,
  )
  const key = await rotateSealKey(
    session,
    { ...settings, controlSchema: sealedSchema, seal: 'require' },
    { overlapMs: 0 },
  )
  const { url } = await createAppLogin(adminUrl, { memberOf: [role] })
  return { url, key: writeSealKey(key) }
}
