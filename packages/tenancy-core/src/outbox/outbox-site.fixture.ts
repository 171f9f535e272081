import { setTimeout } from 'node:timers/promises'
import { createContractDatabase } from '@partywall/testing/contract'
import type { ContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { expect } from 'vitest'
import { createTenancy } from '../tenancy.ts'
import type { Tenancy } from '../tenancy.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import type { DispatcherOptions } from './dispatcher-options.ts'
import type { OutboxDispatcher } from './outbox-dispatcher.ts'
import type { OutboxEvent } from './outbox-event.ts'
import type { OutboxHandlers } from './outbox-handlers.ts'

declare module './outbox-event.ts' {
  interface OutboxEvents {
    'build.finished': { readonly n: number }
  }
}

export const actor = { type: 'user', id: 'ada' } as const
export const quick: DispatcherOptions = { pollIntervalMs: 20, leaseMs: 1000 }

/** A converted database, a service on it, and its outbox. */
export class OutboxSite implements AsyncDisposable {
  readonly database: ContractDatabase
  readonly tenancy: Tenancy
  readonly outbox: Outbox
  readonly #opened: Tenancy[] = []

  private constructor(database: ContractDatabase) {
    this.database = database
    this.tenancy = this.open()
    this.outbox = createOutbox(this.tenancy)
  }

  static async create(): Promise<OutboxSite> {
    const database = await createContractDatabase(await testServer())
    await database.admin('create table deliveries (at bigserial, organization text, position bigint, attempt int)')
    await database.admin(`grant insert on deliveries to "${database.appRole}"`)
    await database.admin(`grant usage on sequence deliveries_at_seq to "${database.appRole}"`)
    return new OutboxSite(database)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((one) => one.close()))
    await this.database[Symbol.asyncDispose]()
  }

  open(): Tenancy {
    const one = createTenancy({
      pool: { connectionString: this.database.appUrl, max: 8 },
      operator: { connectionString: this.database.operatorUrl, max: 4 },
    })
    this.#opened.push(one)
    return one
  }

  /** Organizations of which nothing is left to deliver, save what a test appends. */
  async organizations(count: number): Promise<readonly string[]> {
    const made = await Promise.all(Array.from({ length: count }, () => this.database.createOrganization()))
    await this.database.admin(
      'update partywall.outbox set delivered_at = now() where delivered_at is null and dead_at is null',
    )
    return made.map(({ id }) => id)
  }

  append(organizationId: string, n: number): Promise<void> {
    return this.tenancy.run({ organizationId, actor }, () => this.outbox.append('build.finished', { n }))
  }

  /** Runs a dispatcher while `work` lasts. */
  async delivering(
    handlers: OutboxHandlers,
    work: (dispatcher: OutboxDispatcher) => Promise<void>,
    options: DispatcherOptions = {},
  ): Promise<void> {
    const dispatcher = await this.outbox.deliver(handlers, { ...quick, ...options })
    try {
      await work(dispatcher)
    } finally {
      await dispatcher.stop()
    }
  }

  async pendingOf(ids: readonly string[]): Promise<number> {
    const [row] = await this.database.admin(
      'select count(*)::int as n from partywall.outbox where organization_id::text = any($1) and delivered_at is null and dead_at is null',
      [ids],
    )
    return row?.['n'] as number
  }
}

/** Waits for something that a dispatcher does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1500; round += 1) {
    if (await holds()) return
    await setTimeout(20)
  }
  expect(await holds()).toBe(true)
}

export const numberOf = (event: OutboxEvent): unknown => (event.payload as { n?: unknown }).n
