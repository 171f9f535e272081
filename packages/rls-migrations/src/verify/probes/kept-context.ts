import { quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { blocked, mustCountNothing, type Attempt, type Probe, type ProbeTarget } from '../probe.ts'
import { removeRow } from '../remove-row.ts'
import { contextOf } from '../tenant-setting.ts'
import { setContext } from '../tenant-statements.ts'

/** A trigger may set the context too: whatever A does next in its transaction, it would do as another organization. */
export const keptContext: Probe = {
  name: 'kept-context',
  promise: 'what A writes leaves the context of A as it was',
  classes: ['tenant'],
  attempts: (target) => {
    const { a, insert, table, tenantColumn } = target
    if (a.row === null) return []
    const column = quoteIdentifier(tenantColumn)
    const { address, cells } = a.row
    return [
      attempt(target, { words: 'an INSERT', before: removeRow(target, a), write: insert(cells) }),
      attempt(target, {
        words: 'an UPDATE',
        write: `update ${quoteName(table)} set ${column} = ${column} where ${address}`,
      }),
      attempt(target, { words: 'a DELETE', write: `delete from ${quoteName(table)} where ${address}` }),
    ]
  },
}

interface Write {
  readonly words: string
  readonly write: string
  readonly before?: readonly string[]
}

function attempt({ a, setting }: ProbeTarget, { words, write, before = [] }: Write): Attempt {
  const context = contextOf(setting, a.organization)
  const left = `coalesce(pg_catalog.current_setting(${quoteLiteral(setting.name)}, true), '')`
  const isMoved = mustCountNothing(() => `after ${words} of A its context is that of another`)
  return {
    statements: [
      ...before,
      setContext(setting.name, context),
      write,
      `select case when ${left} operator(pg_catalog.=) ${quoteLiteral(context)}::pg_catalog.text then 0 else 1 end as rows`,
    ],
    // What was refused has left nothing behind.
    judge: (outcome) => (outcome.kind === 'error' ? blocked : isMoved(outcome)),
  }
}
