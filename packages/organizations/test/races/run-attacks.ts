import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { attacksOn } from './attacks.ts'
import type { Attack } from './attacks.ts'
import { namesOf } from './names.ts'
import { codeOf } from './race-session.ts'
import type { RaceUrls } from './race-database.ts'
import { setUp } from './set-up.ts'
import type { Race } from './set-up.ts'

// Above the numbers of all interleavings.
const firstNumber = 2_000_000_000

/** Attacks one of two organizations, and tells which attacks did not end as they have to. */
export async function runAttacks(urls: RaceUrls): Promise<readonly string[]> {
  const clients = {
    app: new Client({ connectionString: urls.app }),
    operator: new Client({ connectionString: urls.operator }),
    admin: new Client({ connectionString: urls.admin }),
  }
  await Promise.all(Object.values(clients).map((client) => client.connect()))
  try {
    const [own, other] = [target(firstNumber, []), target(firstNumber + 1, ['x1'])]
    await setUp(clients.admin, [own, other])
    const violations: string[] = []
    const targets = { own: own.names, other: other.names, ...invitationsOf(own, other) }
    for (const attack of attacksOn(targets)) {
      const outcome = await attempt(clients[attack.as], attack, own.names.organizationId)
      if (outcome !== attack.expect) violations.push(`${attack.name}: ${outcome}, and not ${attack.expect}`)
    }
    return violations
  } finally {
    await Promise.all(Object.values(clients).map((client) => client.end()))
  }
}

function target(number: number, others: readonly string[]): Race {
  const member = { role: 'viewer', status: 'active' } as const
  return {
    names: namesOf(number, randomUUID()),
    invitations: new Map(),
    scenario: {
      status: 'active',
      spareSeats: null,
      members: [
        { user: 'u0', role: 'owner', status: 'active' },
        ...['u1', 'u2', ...others].map((user) => ({ user, ...member })),
      ],
      invitations: [{ email: 'a@example.com', role: 'viewer', invitedBy: 'u0', expired: false }],
      keys: [{ permissions: ['*:read'], grantedBy: 'u0' }],
      sessions: [],
      turns: [],
    },
  }
}

function invitationsOf(own: Race, other: Race): { readonly ownInvitation: string; readonly otherInvitation: string } {
  return { ownInvitation: own.invitations.get(0) ?? '', otherInvitation: other.invitations.get(0) ?? '' }
}

async function attempt(client: Client, attack: Attack, organizationId: string): Promise<string | number> {
  const scope = attack.unscoped === true ? '' : organizationId
  await client.query(`begin; select set_config('app.current_tenant_id', '${scope}', true)`)
  try {
    const results: unknown = await client.query(attack.sql)
    const last = Array.isArray(results) ? results.at(-1) : results
    return (last as { readonly rowCount: number | null }).rowCount ?? 0
  } catch (error) {
    return codeOf(error)
  } finally {
    await client.query('rollback')
  }
}
