import { generalLimits, type IsolationReport } from './isolation-report.ts'

/** A report as a proof of a small database gives it. */
export function sampleReport(changes: Partial<IsolationReport> = {}): IsolationReport {
  return {
    schemaVersion: 1,
    issuedAt: '2026-11-26T08:00:00.000Z',
    tool: { name: 'partywall', version: '0.1.0' },
    database: { name: 'shop', systemIdentifier: '7445012345678901234', serverVersion: '18.4' },
    conversion: {
      phase: 'enforce',
      planHash: 'ab'.repeat(32),
      seal: 'off',
      roles: { app: 'shop_app', operator: 'shop_operator', definer: 'shop_definer', migrator: 'shop_migrator' },
    },
    attackedAs: 'login',
    isolated: true,
    tables: { total: 2, proved: 1, staticOnly: 1 },
    probes: { run: 61, blocked: 61 },
    attacked: [
      { table: 'orders', run: 48, blocked: 48, probes: [{ probe: 'read-by-key', run: 48, blocked: 48 }] },
      { table: 'mails', run: 0, blocked: 0, probes: [] },
    ],
    objects: [{ probe: 'records-read', run: 1, blocked: 1 }],
    sessions: [{ probe: 'fresh-connection', run: 1, blocked: 1 }],
    methods: [{ name: 'read-by-key', promise: 'A does not read the row of B by its key' }],
    surfaces: { total: 3, compared: 2 },
    roles: ['shop_app', 'shop_login'],
    rules: [{ name: 'ownership', promise: 'no role of the application owns a table' }],
    crossings: [],
    mutations: { run: 40, killed: 40, kinds: [{ kind: 'drop-wall', run: 40, killed: 40 }], survivors: [], notRun: [] },
    notCovered: {
      tables: [{ table: 'mails', reason: 'its trigger sends mail' }],
      surfaces: [{ surface: 'function send()', reason: 'it writes' }],
      shared: ['countries'],
      skipped: [{ table: 'migrations', reason: 'bookkeeping of a tool' }],
      general: generalLimits,
    },
    ...changes,
  }
}
