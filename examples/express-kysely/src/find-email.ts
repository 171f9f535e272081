import type { Tenancy } from '@partywall/tenancy-core'

/**
 * The address of a user, which the identity provider has verified. Who accepts an invitation, or joins by the
 * domain of the address, is in no organization yet, and the row is hidden from the application: it is read as the operator.
 */
export async function findEmail(tenancy: Tenancy, userId: string): Promise<string | undefined> {
  const scope = { reason: 'which door the own address opens', actor: { type: 'user', id: userId } } as const
  return await tenancy.operator(scope, async (pool) => {
    const { rows } = await pool.query<{ email: string }>('select email from users where id = $1', [userId])
    return rows[0]?.email
  })
}
