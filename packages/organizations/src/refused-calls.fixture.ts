import * as z from 'zod'
import { system } from './member-site.fixture.ts'
import type { Site, Sites } from './member-site.fixture.ts'
import type { Organizations } from './organizations.ts'

export const refusedSettings: z.ZodType<{ threshold: number }, { threshold?: number | undefined }> = z.strictObject({
  threshold: z.number().max(1).default(0.1),
})

/** What the calls are made on. */
export interface Scene {
  readonly organizations: Organizations<z.output<typeof refusedSettings>, z.input<typeof refusedSettings>>
  readonly sites: Sites
  readonly site: Site
  /** All of its seats are taken. */
  readonly full: Site
  readonly foreign: Site
  readonly invitationId: string
  readonly keyId: string
}

type Call = (scene: Scene) => Promise<unknown>
/** Who acts, in the site; `system` for an operator, `nobody` outside a scope. */
export type Row = readonly [code: string, who: string, what: string, call: Call]

const wrong = (value: unknown): never => value as never
const uuid = '00000000-0000-4000-8000-000000000000'

const members: readonly Row[] = [
  ['TENANT_REQUIRED', 'nobody', 'members', ({ organizations: o }) => o.members()],
  [
    'ACTOR_NOT_MEMBER',
    'stranger',
    'changeRole',
    ({ organizations: o }) => o.changeRole({ userId: 'viewer', role: 'viewer' }),
  ],
  [
    'PERMISSION_DENIED',
    'member',
    'changeRole',
    ({ organizations: o }) => o.changeRole({ userId: 'viewer', role: 'viewer' }),
  ],
  [
    'RANK_TOO_LOW',
    'admin',
    'changeRole of an owner',
    ({ organizations: o }) => o.changeRole({ userId: 'owner', role: 'viewer' }),
  ],
  [
    'RANK_TOO_LOW',
    'admin',
    'changeRole to owner',
    ({ organizations: o }) => o.changeRole({ userId: 'viewer', role: 'owner' }),
  ],
  ['ROLE_UNKNOWN', 'owner', 'changeRole', ({ organizations: o }) => o.changeRole({ userId: 'viewer', role: 'king' })],
  [
    'MEMBER_INVALID',
    'owner',
    'changeRole to The King',
    ({ organizations: o }) => o.changeRole({ userId: 'viewer', role: 'The King' }),
  ],
  [
    'MEMBER_INVALID',
    'owner',
    'changeRole of NUL',
    ({ organizations: o }) => o.changeRole({ userId: '\0', role: 'viewer' }),
  ],
  [
    'MEMBER_UNKNOWN',
    'owner',
    'changeRole',
    ({ organizations: o }) => o.changeRole({ userId: 'stranger', role: 'viewer' }),
  ],
  ['LAST_OWNER', 'owner', 'changeRole', ({ organizations: o }) => o.changeRole({ userId: 'owner', role: 'admin' })],
  ['LAST_OWNER', 'owner', 'leave', ({ organizations: o }) => o.leave()],
  ['LAST_OWNER', 'owner', 'removeMember', ({ organizations: o }) => o.removeMember({ userId: 'owner' })],
  ['LAST_OWNER', 'owner', 'suspendMember', ({ organizations: o }) => o.suspendMember({ userId: 'owner' })],
  ['MEMBER_UNKNOWN', 'stranger', 'leave', ({ organizations: o }) => o.leave()],
  ['MEMBER_UNKNOWN', 'owner', 'removeMember', ({ organizations: o }) => o.removeMember({ userId: 'stranger' })],
  [
    'MEMBER_UNKNOWN',
    'owner',
    'transferOwnership to oneself',
    ({ organizations: o }) => o.transferOwnership({ userId: 'owner' }),
  ],
  [
    'PERMISSION_DENIED',
    'admin',
    'transferOwnership',
    ({ organizations: o }) => o.transferOwnership({ userId: 'member' }),
  ],
  ['MEMBER_EXISTS', 'owner', 'addMember', ({ organizations: o }) => o.addMember({ userId: 'viewer', role: 'viewer' })],
  ['RANK_TOO_LOW', 'admin', 'addMember', ({ organizations: o }) => o.addMember({ userId: 'new', role: 'admin' })],
  ['MEMBER_INVALID', 'owner', 'members without a limit', ({ organizations: o }) => o.members({ limit: 0 })],
  ['MEMBER_INVALID', 'owner', 'members past a limit', ({ organizations: o }) => o.members({ limit: 1001 })],
  [
    'ACTOR_REQUIRED',
    'system',
    'leave',
    ({ organizations: o, site, sites }) =>
      sites.tenancy.run({ organizationId: site.id, actor: system }, () => o.leave()),
  ],
  ['TRANSACTION_INVALID', 'owner', 'leave', ({ organizations: o }) => o.leave({ transaction: wrong({}) })],
  [
    'SEATS_EXHAUSTED',
    'system',
    'addMember',
    ({ organizations: o, full, sites }) =>
      sites.tenancy.run({ organizationId: full.id, actor: system }, () =>
        o.addMember({ userId: 'new', role: 'viewer' }),
      ),
  ],
]

const records: readonly Row[] = [
  [
    'ORGANIZATION_INVALID',
    'system',
    'create with a reserved slug',
    ({ organizations: o }) => o.create({ slug: 'admin', name: 'A', owner: { userId: 'a' }, actor: system }),
  ],
  [
    'ORGANIZATION_INVALID',
    'system',
    'create with a slug like an id',
    ({ organizations: o }) => o.create({ slug: uuid, name: 'A', owner: { userId: 'a' }, actor: system }),
  ],
  [
    'ORGANIZATION_INVALID',
    'system',
    'create with a seat limit of 0',
    ({ organizations: o }) => o.create({ slug: 'ok', name: 'A', owner: { userId: 'a' }, seatLimit: 0, actor: system }),
  ],
  [
    'ORGANIZATION_SLUG_TAKEN',
    'system',
    'create',
    ({ organizations: o }) => o.create({ slug: 'site-1', name: 'A', owner: { userId: 'a' }, actor: system }),
  ],
  [
    'ORGANIZATION_GITHUB_LOGIN_TAKEN',
    'system',
    'create',
    ({ organizations: o }) =>
      o.create({ slug: 'ok', name: 'A', owner: { userId: 'a' }, githubLogin: 'TAKEN', actor: system }),
  ],
  ['ORGANIZATION_SLUG_TAKEN', 'owner', 'update', ({ organizations: o }) => o.update({ slug: 'site-2' })],
  ['ORGANIZATION_INVALID', 'owner', 'update of a login', ({ organizations: o }) => o.update({ githubLogin: 'a--b' })],
  [
    'ORGANIZATION_INVALID',
    'owner',
    'update of a domain',
    ({ organizations: o }) => o.update({ emailDomain: 'localhost' }),
  ],
  [
    'ORGANIZATION_INVALID',
    'owner',
    'update of what it does not have',
    ({ organizations: o }) => o.update(wrong({ status: 'active' })),
  ],
  ['ORGANIZATION_CHANGED', 'owner', 'update', ({ organizations: o }) => o.update({ name: 'X', ifVersion: 99 })],
  ['PERMISSION_DENIED', 'member', 'update', ({ organizations: o }) => o.update({ name: 'X' })],
  ['PERMISSION_DENIED', 'admin', 'delete', ({ organizations: o }) => o.delete()],
  ['ORGANIZATION_INVALID', 'owner', 'delete for -1 seconds', ({ organizations: o }) => o.delete({ graceSeconds: -1 })],
  ['ORGANIZATION_NOT_DELETED', 'owner', 'restore', ({ organizations: o }) => o.restore()],
  [
    'ORGANIZATION_UNKNOWN',
    'system',
    'suspend',
    ({ organizations: o }) => o.suspend({ organizationId: uuid, actor: system }),
  ],
  [
    'ORGANIZATION_UNKNOWN',
    'system',
    'suspend what is no id',
    ({ organizations: o }) => o.suspend({ organizationId: 'x', actor: system }),
  ],
  [
    'SEATS_EXHAUSTED',
    'system',
    'setSeatLimit',
    ({ organizations: o, site }) => o.setSeatLimit({ organizationId: site.id, seatLimit: 1, actor: system }),
  ],
  [
    'ROLE_INVALID',
    'system',
    'defineRole of owners',
    ({ organizations: o }) => o.defineRole({ name: 'owner', rank: 50, permissions: [], actor: system }),
  ],
  [
    'ROLE_INVALID',
    'system',
    'defineRole above owners',
    ({ organizations: o }) => o.defineRole({ name: 'king', rank: 100, permissions: [], actor: system }),
  ],
  [
    'ROLE_INVALID',
    'system',
    'defineRole with a rule that is none',
    ({ organizations: o }) => o.defineRole({ name: 'x', rank: 1, permissions: ['all'], actor: system }),
  ],
  [
    'ROLE_INVALID',
    'system',
    'removeRole of a built-in one',
    ({ organizations: o }) => o.removeRole({ name: 'viewer', actor: system }),
  ],
  ['ROLE_UNKNOWN', 'system', 'removeRole', ({ organizations: o }) => o.removeRole({ name: 'king', actor: system })],
  [
    'OWNER_UNKNOWN',
    'system',
    'importMembers',
    ({ organizations: o }) => o.importMembers({ users: { table: 'users' }, owner: 'x@mail.test', actor: system }),
  ],
  [
    'CONFIGURATION_INVALID',
    'system',
    'importMembers in batches of 0',
    ({ organizations: o }) => o.importMembers({ users: { table: 'users' }, batchSize: 0, actor: system }),
  ],
]

const doors: readonly Row[] = [
  [
    'INVITATION_INVALID',
    'owner',
    'invite what is no address',
    ({ organizations: o }) => o.invite({ email: 'bob', role: 'viewer' }),
  ],
  [
    'INVITATION_PENDING',
    'owner',
    'invite',
    ({ organizations: o }) => o.invite({ email: 'BOB@mail.test', role: 'viewer' }),
  ],
  ['RANK_TOO_LOW', 'admin', 'invite', ({ organizations: o }) => o.invite({ email: 'cy@mail.test', role: 'owner' })],
  ['ROLE_UNKNOWN', 'owner', 'invite', ({ organizations: o }) => o.invite({ email: 'cy@mail.test', role: 'king' })],
  [
    'PERMISSION_DENIED',
    'viewer',
    'invite',
    ({ organizations: o }) => o.invite({ email: 'cy@mail.test', role: 'viewer' }),
  ],
  ['INVITATION_UNKNOWN', 'owner', 'resendInvitation', ({ organizations: o }) => o.resendInvitation({ id: uuid })],
  [
    'INVITATION_INVALID',
    'owner',
    'resendInvitation of what is no id',
    ({ organizations: o }) => o.resendInvitation({ id: 'x' }),
  ],
  ['RANK_TOO_LOW', 'admin', 'revokeInvitation', ({ organizations: o, invitationId: id }) => o.revokeInvitation({ id })],
  [
    'INVITATION_UNUSABLE',
    'nobody',
    'acceptInvitation',
    ({ organizations: o }) => o.acceptInvitation({ token: 'x', userId: 'bob', email: 'bob@mail.test' }),
  ],
  [
    'API_KEY_INVALID',
    'owner',
    'createApiKey without permissions',
    ({ organizations: o }) => o.createApiKey({ name: 'x', permissions: [] }),
  ],
  [
    'API_KEY_INVALID',
    'owner',
    'createApiKey that is expired',
    ({ organizations: o }) => o.createApiKey({ name: 'x', permissions: ['a:b'], expiresAt: new Date(0) }),
  ],
  [
    'API_KEY_EXCEEDS_ROLE',
    'admin',
    'createApiKey',
    ({ organizations: o }) => o.createApiKey({ name: 'x', permissions: ['subscription:update'] }),
  ],
  ['API_KEY_UNKNOWN', 'owner', 'rotateApiKey', ({ organizations: o }) => o.rotateApiKey({ id: 'x'.repeat(16) })],
  ['RANK_TOO_LOW', 'admin', 'revokeApiKey', ({ organizations: o, keyId: id }) => o.revokeApiKey({ id })],
  [
    'DOMAIN_INVALID',
    'owner',
    'addDomain of a public provider',
    ({ organizations: o }) => o.addDomain({ domain: 'gmail.com' }),
  ],
  ['DOMAIN_EXISTS', 'owner', 'addDomain', ({ organizations: o }) => o.addDomain({ domain: 'CLAIMED.example.' })],
  ['DOMAIN_UNKNOWN', 'owner', 'releaseDomain', ({ organizations: o }) => o.releaseDomain({ domain: 'x.example' })],
  ['DOMAIN_UNPROVEN', 'owner', 'verifyDomain', ({ organizations: o }) => o.verifyDomain({ domain: 'claimed.example' })],
  [
    'DOMAIN_LOOKUP_FAILED',
    'owner',
    'verifyDomain',
    ({ organizations: o }) => o.verifyDomain({ domain: 'silent.example' }),
  ],
  [
    'DOMAIN_ROLE_TOO_HIGH',
    'owner',
    'setDomainPolicy',
    ({ organizations: o }) => o.setDomainPolicy({ domain: 'claimed.example', policy: 'automatic', role: 'admin' }),
  ],
  [
    'EMAIL_UNVERIFIED',
    'nobody',
    'joinableOrganizations',
    ({ organizations: o }) => o.joinableOrganizations({ userId: 'x', email: 'x@open.example', emailVerified: false }),
  ],
  [
    'DOMAIN_NOT_JOINABLE',
    'nobody',
    'joinByDomain',
    ({ organizations: o, foreign }) =>
      o.joinByDomain({ userId: 'x', email: 'x@open.example', emailVerified: true, organizationId: foreign.id }),
  ],
  [
    'DOMAIN_ASKS_FOR_INVITATION',
    'nobody',
    'joinByDomain',
    ({ organizations: o, site }) =>
      o.joinByDomain({ userId: 'x', email: 'x@shown.example', emailVerified: true, organizationId: site.id }),
  ],
  [
    'MEMBER_EXISTS',
    'nobody',
    'joinByDomain',
    ({ organizations: o, site }) =>
      o.joinByDomain({ userId: 'owner', email: 'x@open.example', emailVerified: true, organizationId: site.id }),
  ],
  [
    'SETTINGS_INVALID',
    'owner',
    'updateSettings that are unknown',
    ({ organizations: o }) => o.updateSettings(wrong({ treshold: 1 })),
  ],
  [
    'SETTINGS_INVALID',
    'owner',
    'replaceSettings with NaN',
    ({ organizations: o }) => o.replaceSettings({ threshold: Number.NaN }),
  ],
  [
    'SETTINGS_CHANGED',
    'owner',
    'updateSettings',
    ({ organizations: o }) => o.updateSettings({ threshold: 0 }, { expectedVersion: 0 }),
  ],
  ['PERMISSION_DENIED', 'member', 'updateSettings', ({ organizations: o }) => o.updateSettings({ threshold: 0 })],
]

/** Each changes nothing. */
export const refusedCalls: readonly Row[] = [...members, ...records, ...doors]
