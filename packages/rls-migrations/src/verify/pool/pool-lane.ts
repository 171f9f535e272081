import type { Outcome } from '../probe.ts'
import { refusal, type ProbeLane } from '../probe-lane.ts'
import { enter } from '../tenant-statements.ts'
import type { TenantSetting } from '../tenant-setting.ts'
import { inScopedTransaction, type IsolationScope } from './isolation-scope.ts'

export interface PoolLaneOptions {
  readonly scope: IsolationScope
  readonly setting: TenantSetting
  readonly organizations: readonly [string, string]
}

/**
 * Statements reach the database as the service sends them: through its pool, in the scope of an organization. What says in
 * SQL whose the context is becomes that scope. A transaction a call: what is made for others to see must be committed.
 */
export class PoolLane implements ProbeLane {
  readonly #options: PoolLaneOptions
  readonly #end: 'commit' | 'rollback'

  constructor(options: PoolLaneOptions, end: 'commit' | 'rollback') {
    this.#options = options
    this.#end = end
  }

  /** Whether the statements are in the context of one of the organizations, and say nothing else of it. */
  takes(statements: readonly string[]): boolean {
    return (
      this.#organizationOf(statements) !== undefined && statements.every((one) => !outside.test(this.#without(one)))
    )
  }

  async run(statements: readonly string[]): Promise<Outcome> {
    const organizationId = this.#organizationOf(statements) ?? this.#options.organizations[0]
    const sent = statements.map((one) => this.#without(one)).filter((one) => one !== '')
    try {
      return await this.#options.scope.run({ organizationId }, () =>
        inScopedTransaction(this.#options.scope, this.#end, async (client) => {
          let outcome: Outcome = { kind: 'rows', rows: [], rowCount: 0 }
          for (const statement of sent) {
            const { rows, rowCount } = await client.query(statement)
            outcome = { kind: 'rows', rows: rows as Record<string, unknown>[], rowCount: rowCount ?? 0 }
          }
          return outcome
        }),
      )
    } catch (error) {
      return refusal(error)
    }
  }

  begin(): Promise<Outcome> {
    return Promise.resolve({ kind: 'rows', rows: [], rowCount: 0 })
  }

  rollback(): Promise<void> {
    return Promise.resolve()
  }

  /** The application is nobody else; what every organization reads, it reads as itself. */
  as(role: 'app' | 'operator' | 'login'): readonly string[] | null {
    return role === 'app' ? [] : null
  }

  #organizationOf(statements: readonly string[]): string | undefined {
    const { setting, organizations } = this.#options
    const named = organizations.filter((one) => statements.includes(enter(setting, one)))
    return named.length === 1 ? named[0] : undefined
  }

  #without(statement: string): string {
    const { setting, organizations } = this.#options
    return organizations.some((one) => statement === enter(setting, one)) ? '' : statement
  }
}

/** What is about the connection or the context, and not about rows. */
const outside =
  /^\s*(?:savepoint|rollback|release|prepare|execute|deallocate|copy|truncate|set|reset)\b|\b(?:set_config|current_setting)\(/i
