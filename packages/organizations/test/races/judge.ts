import { Evidence, appended } from './evidence.ts'
import { differences, sameLines } from './final-state.ts'
import type { FinalState } from './final-state.ts'
import type { History } from './lane.ts'
import { play } from './play.ts'
import type { Testimony } from './witness.ts'
import { activeOwners, copyWorld, takenSeats, worldOf } from './world.ts'
import type { World } from './world.ts'

/** What is wrong with an interleaving; nothing is, when the list is empty. */
export function judge(history: History, testimony: readonly Testimony[], state: FinalState): readonly string[] {
  const { race, sessions } = history
  const { scenario, names, invitations } = race
  const world = worldOf(scenario)
  const evidence = new Evidence(world, names, invitations)
  const committed = transactionsOf(testimony)
  const violations = [...committed].flatMap(([number, changes]) => {
    const where = `transaction of session ${number}`
    const session = sessions[number]
    if (session === undefined || session.ended === 'rolled back') return [`${where}: changed rows, and was rolled back`]
    const told: string[] = []
    const illegal = session.attempts.flatMap(({ operation, outcome }) => {
      const expected = outcome === 'done' ? play(world, operation) : []
      if (typeof expected !== 'string') told.push(...expected)
      return typeof expected === 'string'
        ? [`${where}: ${operation.kind} was done, and is refused with ${expected}`]
        : []
    })
    evidence.take(changes)
    return [
      ...illegal,
      ...sameLines(where, evidence.summary(), new Evidence(world, names, invitations).summary()),
      ...brokenRules(evidence.world, where),
      ...sameLines(`events of the ${where}`, numbered(evidence.events(changes)), numbered(told)),
    ]
  })
  return [
    ...violations,
    ...disorder(committed),
    ...lost(history, committed),
    ...compareRefusals(history, worldOf(scenario)),
    ...differences(state, world, { race, appended: evidence.events(testimony).length }),
    ...unexplained(history),
    ...deadlocked(history),
  ]
}

function numbered(lines: readonly string[]): readonly string[] {
  return lines.map((line, at) => `${at + 1}. ${line}`)
}

/** Events stand in the order in which their transactions ended, with no gap between them. */
function disorder(committed: ReadonlyMap<number, readonly Testimony[]>): readonly string[] {
  const positions = [...committed.values()].flatMap((changes) =>
    appended(changes).map(({ position }) => Number(position)),
  )
  const isInOrder = positions.every((position, at) => at === 0 || position === (positions[at - 1] ?? 0) + 1)
  return isInOrder ? [] : [`events are told in the order ${positions.join(', ')}`]
}

/** The transactions in the order in which they ended. */
function transactionsOf(testimony: readonly Testimony[]): ReadonlyMap<number, readonly Testimony[]> {
  const transactions = new Map<number, Testimony[]>()
  for (const change of testimony.toSorted((left, right) => Number(left.seq) - Number(right.seq))) {
    const changes = transactions.get(change.session) ?? []
    // By the last change of each: a transaction that waited for it begins to testify after that.
    transactions.delete(change.session)
    transactions.set(change.session, [...changes, change])
  }
  return transactions
}

/** What must hold of an organization at each moment, whoever did what. */
function brokenRules(world: World, where: string): readonly string[] {
  const members = [...world.members.values()]
  const pending = [...world.invitations.values()].filter(({ status }) => status === 'pending').map(({ email }) => email)
  return [
    ...(activeOwners(members) === 0 ? [`${where}: leaves no active owner`] : []),
    ...(world.seats !== null && takenSeats(members) > world.seats ? [`${where}: takes more seats than there are`] : []),
    ...(new Set(pending).size < pending.length ? [`${where}: leaves two pending invitations of an address`] : []),
  ]
}

/** A transaction whose end was answered with success, and that did something, has left a trace. */
function lost({ sessions }: History, committed: ReadonlyMap<number, unknown>): readonly string[] {
  return sessions.flatMap(({ attempts, ended }, at) => {
    const wrote = attempts.some(({ operation, outcome }) => outcome === 'done' && alwaysWrites.has(operation.kind))
    return ended === 'committed' && wrote && !committed.has(at)
      ? [`transaction of session ${at}: was committed, and is lost`]
      : []
  })
}

const alwaysWrites = new Set([
  'invite',
  'accept',
  'change role',
  'change status',
  'remove',
  'leave',
  'create key',
  'add member',
])
const fromOutside = new Set(['57014', 'lost', '40001', '40P01'])

const explained =
  /^(done|nothing|committed|rolled back|unknown|PW0(0[2-9]|1[0-69]|3[1-4]|41|42)|23503|57014|lost|40001|40P01)$/

/** Refusals and errors that nothing in the race explains. */
function unexplained({ sessions }: History): readonly string[] {
  const outcomes = sessions.flatMap(({ attempts, ended }) => [...attempts.map(({ outcome }) => outcome), ended])
  return outcomes.filter((outcome) => !explained.test(outcome)).map((outcome) => `something ended with ${outcome}`)
}

/** Members lock the organization first, each of them: they wait for each other, and never in a circle. */
function deadlocked({ sessions }: History): readonly string[] {
  if (sessions.some(({ session }) => session.login === 'operator')) return []
  const outcomes = sessions.flatMap(({ attempts, ended }) => [...attempts.map(({ outcome }) => outcome), ended])
  return outcomes.includes('40P01') ? ['members alone are in a deadlock'] : []
}

/** Where a session is alone, each refusal is the one that the rules give. */
function compareRefusals({ sessions }: History, world: World): readonly string[] {
  const [only, ...others] = sessions
  if (only === undefined || others.length > 0) return []
  const draft = copyWorld(world)
  for (const { operation, outcome } of only.attempts) {
    if (fromOutside.has(outcome)) return []
    const expected = play(draft, operation)
    const code = typeof expected === 'string' ? expected : 'done'
    if (code !== outcome && !(outcome === 'nothing' && code === 'done'))
      return [`alone, ${operation.kind} ends with ${outcome}, and not with ${code}`]
  }
  return []
}
