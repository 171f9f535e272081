import type { OpenSession, Session } from '@partywall/rls-migrations'

/** What the server says at DEBUG1 when it reads or writes a table from end to end. */
const scanMessage = /^(rewriting table|verifying table|building index|validating foreign key|scanning)/

/** Locks under which nobody else may write, or even read. */
const strongLocks = `
select distinct l.mode || ' on ' || l.relation::regclass::text as lock
from pg_locks l join pg_class c on c.oid = l.relation
where l.pid = pg_backend_pid() and l.granted and l.mode in ('AccessExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'ShareLock')
  and c.relkind in ('r', 'p') and c.relnamespace <> coalesce(to_regnamespace('partywall'), 0)`

/**
 * A session of the tool that holds what the server reports against the locks that the transaction has before it commits.
 * Locks are kept to the end of a transaction: whatever was scanned in it was scanned under them, or before they were
 * taken, which counts as well.
 */
export class ScanWatch {
  readonly #session: OpenSession
  #scans: string[] = []
  #scanned = 0
  readonly violations: string[] = []

  private constructor(session: OpenSession) {
    this.#session = session
    session.onNotice((message) => {
      if (scanMessage.test(message)) this.#scans.push(message)
    })
  }

  static async over(session: OpenSession): Promise<ScanWatch> {
    await session.query('set client_min_messages = debug1')
    return new ScanWatch(session)
  }

  /** How often a table was read from end to end, under whatever lock. */
  get scanned(): number {
    return this.#scanned
  }

  get session(): Session {
    return {
      query: async <Row>(text: string, values?: readonly unknown[]) => {
        if (text === 'begin') this.#scans = []
        if (text === 'commit') await this.#judge()
        const isAlone = /^create (unique )?index concurrently|^reindex/i.test(text)
        const result = await this.#session.query<Row>(text, values)
        if (isAlone) {
          this.#scanned += this.#scans.length
          this.#scans = []
        }
        return result
      },
    }
  }

  async #judge(): Promise<void> {
    const scans = this.#scans
    this.#scanned += scans.length
    const { rows } = await this.#session.query<{ lock: string }>(strongLocks)
    if (scans.length > 0 && rows.length > 0)
      this.violations.push(`${scans.join(', ')} under ${rows.map(({ lock }) => lock).join(', ')}`)
  }
}
