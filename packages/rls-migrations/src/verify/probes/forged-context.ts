import { createSealKey, signTenant, type SealKey, type TenantClaim } from '@partywall/tenancy-core'
import { mustCountNothing, type Probe } from '../probe.ts'
import { contextOf, soon, type TenantSetting } from '../tenant-setting.ts'
import { countRows, setContext } from '../tenant-statements.ts'

/** What somebody sends who may run any SQL and has no key: every way to name B. */
export const forgedContext: Probe = {
  name: 'forged-context',
  promise: 'without a key nobody names another organization',
  classes: ['tenant', 'user'],
  attempts: ({ a, b, setting, table }) =>
    forgeries(setting, a.organization, b.organization).map(({ value, words }) => ({
      statements: [setContext(setting.name, value), countRows(table, 'true')],
      judge: mustCountNothing((rows) => `${rows >= 1000 ? 'at least 1000' : rows} rows were read ${words}`, ['42501']),
    })),
}

interface Forgery {
  readonly value: string
  readonly words: string
}

function forgeries(setting: TenantSetting, own: string, other: string): readonly Forgery[] {
  const { seal } = setting
  if (seal === undefined) return []
  const stranger = createSealKey()
  const signed = (key: SealKey, claim: Partial<TenantClaim> = {}): string =>
    signTenant(key, { organizationId: other, database: seal.database, expiresAt: soon(), ...claim })
  return [
    ...(seal.acceptsBareIds ? [] : [{ value: other, words: 'with a bare id' }]),
    { value: contextOf(setting, own).replace(own, other), words: 'with the token of A, made out to B' },
    { value: signed({ ...seal.key, secret: stranger.secret }), words: 'with a forged code' },
    { value: signed(stranger), words: 'with a key that the database does not have' },
    { value: signed(seal.key, { expiresAt: new Date(0) }), words: 'with a token that has expired' },
    { value: signed(seal.key, { database: `${seal.database}_copy` }), words: 'with a token of another database' },
  ]
}
