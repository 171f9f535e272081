import type { InvitationMessage } from '@partywall/organizations'
import type { TokenIssuer } from 'host-parts-example'
import { select } from 'host-parts-example/demo'
import { call, type Caller } from './call.ts'

/** Where the story takes place, and who is in it. */
export interface InvitationScene {
  readonly address: string
  /** A login that may write users of whichever organization. */
  readonly operatorUrl: string
  readonly issuer: TokenIssuer
  /** What the mailer of the service was given. */
  readonly sent: readonly InvitationMessage[]
  /** Who owns the default organization. */
  readonly owner: string
  /** Somebody of Globex. */
  readonly stranger: string
}

/** A colleague is invited over HTTP, signs up, accepts, and sees what the team sees; somebody of Globex sees none of it. */
export async function showInvitation(scene: InvitationScene): Promise<void> {
  const { address, issuer, sent, owner, stranger } = scene
  const ask = (path: string, caller: Caller): Promise<unknown> => call(`${address}${path}`, caller, issuer)
  const carol = { id: 'carol', email: 'carol@example.com' }

  console.log(`POST ${address}/v1/organization/members/invite`)
  await ask('/v1/organization/members/invite', {
    title: `Alice, inviting ${carol.email} as a viewer`,
    userId: owner,
    organization: 'default',
    body: { email: carol.email, role: 'viewer' },
  })
  // Signing up is the service's own affair.
  await select(
    scene.operatorUrl,
    `insert into "User" ("id", "email", "login", "updatedAt") values ($1, $2, $1, now())`,
    [carol.id, carol.email],
  )
  await ask('/repositories', { title: 'Carol, before she accepts', userId: carol.id, organization: 'default' })
  const token = sent.at(-1)?.token
  await ask('/v1/invitations/accept', { title: 'Bob, with the token of Carol', userId: stranger, body: { token } })
  await ask('/v1/invitations/accept', { title: 'Carol, accepting', userId: carol.id, body: { token } })
  await ask('/stats', { title: 'Carol, in the default organization', userId: carol.id, organization: 'default' })
  await ask('/stats', { title: 'Carol, asking for Globex', userId: carol.id, organization: 'globex' })
  await ask('/stats', { title: 'Bob, asking for the default organization', userId: stranger, organization: 'default' })
}
