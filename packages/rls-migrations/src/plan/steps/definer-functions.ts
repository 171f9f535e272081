import type { DefinerFunction } from '../../catalog/catalog.ts'
import { displayName, quoteIdentifier, quoteName } from '../../sql/identifier.ts'
import { functionOwnerIs, mayExecute, not } from '../checks.ts'
import { heirsOfPublic } from '../heirs-of-public.ts'
import type { PlanContext } from '../plan-context.ts'
import type { Step } from '../step.ts'
import { warnOfPublicLoss } from '../take-from-public.ts'
import { asMemberOf } from './as-member-of.ts'

const instant = { mode: 'transaction', lock: 'none', scans: false, rewrites: false } as const

/**
 * A SECURITY DEFINER function reads with the rights of its owner, whom no policy binds. Until contract, old code that
 * has no tenant still calls it, so it stays as it is and PUBLIC, of which the application is a part, loses it.
 */
export function planWithholdFunction(context: PlanContext, routine: DefinerFunction): readonly Step[] {
  const open = routine.grants.some((grant) => grant.role === 'public')
  if (!open || routine.returnsTrigger) return []
  const { id, signature, object, word } = naming(routine)
  const heirs = heirsOfPublic(context, routine, 'EXECUTE')
  warnOfPublicLoss(context, object, { privileges: ['EXECUTE'], heirs })
  const keep = heirs.length === 0 ? [] : [`grant execute on ${word} to ${heirs.map(quoteIdentifier).join(', ')}`]
  const take = heirs.length === 0 ? [] : [`revoke execute on ${word} from ${heirs.map(quoteIdentifier).join(', ')}`]
  return [
    {
      ...instant,
      id: `expand/${id}/withhold`,
      phase: 'expand',
      kind: 'function',
      table: null,
      summary: `withhold the definer function ${id} from the application`,
      statements: [...keep, `revoke execute on ${word} from public`],
      checks: [{ object: `${object} withheld from PUBLIC`, sql: not(mayExecute('public', signature)) }],
      inverse: [
        {
          ...instant,
          id: `undo/${id}/withhold`,
          stage: 'access',
          summary: `give ${id} back to PUBLIC`,
          statements: [`grant execute on ${word} to public`, ...take],
          checks: [{ object, sql: mayExecute('public', signature) }],
        },
      ],
    },
  ]
}

/** At contract the function gets an owner whom the policies bind, and the application may call it. */
export function planReownFunction(context: PlanContext, routine: DefinerFunction): readonly Step[] {
  const { definer, app } = context.settings.roles
  const { id, signature, object, word } = naming(routine)
  const schema = quoteIdentifier(routine.schema)
  const callable = !routine.returnsTrigger
  return [
    {
      ...instant,
      id: `contract/${id}/owner`,
      phase: 'contract',
      kind: 'function',
      table: null,
      summary: `give the definer function ${id} an owner whom the policies bind`,
      statements: asMemberOf(context, definer, [
        ...(callable ? [`grant execute on ${word} to ${quoteIdentifier(app)}`] : []),
        `grant create on schema ${schema} to ${quoteIdentifier(definer)}`,
        `alter ${word} owner to ${quoteIdentifier(definer)}`,
        `revoke create on schema ${schema} from ${quoteIdentifier(definer)}`,
      ]),
      checks: [
        { object: `owner of ${object}`, sql: functionOwnerIs(signature, definer) },
        ...(callable ? [{ object: `${object} for ${app}`, sql: mayExecute(app, signature) }] : []),
      ],
      inverse: [
        {
          ...instant,
          id: `undo/${id}/owner`,
          stage: 'access',
          summary: `give ${id} back to ${routine.owner}`,
          statements: asMemberOf(context, definer, [
            `alter ${word} owner to ${quoteIdentifier(routine.owner)}`,
            ...(callable ? [`revoke execute on ${word} from ${quoteIdentifier(app)}`] : []),
          ]),
          checks: [{ object: `owner of ${object}`, sql: functionOwnerIs(signature, routine.owner) }],
        },
      ],
    },
  ]
}

function naming(routine: DefinerFunction): { id: string; signature: string; object: string; word: string } {
  const signature = `${quoteName(routine)}(${routine.arguments})`
  const id = `${displayName(routine)}(${routine.arguments})`
  return { id, signature, object: `${routine.kind} ${id}`, word: `${routine.kind} ${signature}` }
}
