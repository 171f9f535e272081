/** What one statement of an interleaving asks for. Slots number the tokens, invitations, keys and secrets of it. */
export type Operation =
  | ({ readonly kind: 'invite'; readonly actor: string; readonly email: string; readonly role: string } & NewToken)
  | ({ readonly kind: 'resend'; readonly actor: string; readonly invitation: number } & NewToken)
  | { readonly kind: 'revoke'; readonly actor: string; readonly invitation: number }
  | { readonly kind: 'accept'; readonly token: number; readonly user: string; readonly email: string | null }
  | { readonly kind: 'change role'; readonly actor: string; readonly user: string; readonly role: string }
  | { readonly kind: 'change status'; readonly actor: string; readonly user: string; readonly status: MemberStatus }
  | { readonly kind: 'remove'; readonly actor: string; readonly user: string }
  | { readonly kind: 'leave'; readonly actor: string }
  | { readonly kind: 'transfer'; readonly actor: string; readonly user: string; readonly role: string }
  | { readonly kind: 'rename'; readonly actor: string; readonly name: string; readonly version: number | null }
  | { readonly kind: 'delete'; readonly actor: string; readonly graceSeconds: number }
  | { readonly kind: 'restore'; readonly actor: string }
  | ({ readonly kind: 'create key'; readonly actor: string; readonly permissions: readonly string[] } & NewSecret)
  | ({ readonly kind: 'rotate key'; readonly actor: string; readonly overlapSeconds: number } & NewSecret)
  | { readonly kind: 'revoke key'; readonly actor: string; readonly key: number }
  | OperatorOperation

/** Of the operator, without a member who acts; the raw ones are statements of an import, or written by hand. */
export type OperatorOperation =
  | { readonly kind: 'add member'; readonly user: string; readonly role: string }
  | { readonly kind: 'set role'; readonly user: string; readonly role: string }
  | { readonly kind: 'drop member'; readonly user: string }
  | { readonly kind: 'set seats'; readonly seats: number | null }
  | { readonly kind: 'set status'; readonly status: 'active' | 'suspended' }
  | {
      readonly kind: 'define role'
      readonly role: string
      readonly rank: number
      readonly permissions: readonly string[]
    }
  | { readonly kind: 'remove role'; readonly role: string }
  | { readonly kind: 'raw role'; readonly user: string; readonly role: string }
  | { readonly kind: 'raw status'; readonly user: string; readonly status: MemberStatus }
  | { readonly kind: 'raw remove'; readonly user: string }
  | { readonly kind: 'raw add'; readonly user: string; readonly role: string }
  | { readonly kind: 'raw revoke'; readonly invitation: number }
  | { readonly kind: 'raw end key'; readonly key: number }
  | { readonly kind: 'raw count' }

/** What a membership may be set to. */
export type MemberStatus = 'active' | 'suspended' | 'pending'

interface NewToken {
  readonly token: number
  /** 0 is expired at once. */
  readonly seconds: number
}

interface NewSecret {
  readonly key: number
  readonly secret: number
  readonly expired: boolean
}
