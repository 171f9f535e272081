import type { HostUsers } from '@partywall/organizations'
import { openSession, readConversion, type CommandContext } from '@partywall/rls-migrations'
import { TenancyError } from '@partywall/tenancy-core'
import type { RunStatement } from '@partywall/tenancy-core'
import { asOperator } from './as-operator.ts'

/** What a command that works on organizations needs of the database. */
export interface ConvertedDatabase {
  readonly run: RunStatement
  /** The schema of the control plane. */
  readonly schema: string
  readonly users: HostUsers
}

/**
 * Opens the database of the command, does the work as the operator, and closes it.
 *
 * @throws TenancyError `NOT_CONVERTED` before expand is complete; `USERS_UNKNOWN` when the frozen plan names no table of
 * users.
 */
export async function withConvertedDatabase<Result>(
  context: CommandContext,
  applicationName: string,
  work: (database: ConvertedDatabase) => Promise<Result>,
): Promise<Result> {
  const config = await context.config()
  await using session = await openSession({ url: context.databaseUrl(), applicationName })
  const { plan, frozen, state } = await readConversion(session, config)
  const { users, controlSchema } = plan.settings
  if (!frozen || state === undefined || state.phase === 'install') {
    throw new TenancyError('NOT_CONVERTED', 'This database is not converted yet. Run: partywall apply', {
      details: { phase: state?.phase ?? 'none' },
    })
  }
  if (users === null) {
    throw new TenancyError(
      'USERS_UNKNOWN',
      'The plan of this database names no table of users. Name it in the configuration (users: { table, id, email }), ' +
        'roll back and apply again.',
    )
  }
  const { schema, name: table, id, email } = users
  return await work({
    run: await asOperator(session, plan.settings),
    schema: controlSchema,
    users: { schema, table, id, email },
  })
}
