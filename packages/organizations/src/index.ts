export { createOrganizations } from './organizations.ts'
export type { Organizations, OrganizationsOptions } from './organizations.ts'
export type { Lookups, OwnMembership } from './lookups.ts'
export type { OrganizationChanges, OrganizationRecord } from './organization-record.ts'
export type { MemberPage, Members } from './members.ts'
export type {
  AcceptedInvitation,
  Invitation,
  InvitationAcceptance,
  InvitationMailer,
  InvitationMessage,
  InvitationPage,
  InvitationPreview,
  Invitations,
  IssuedInvitation,
  NewInvitation,
} from './invitations.ts'
export type {
  DomainCheck,
  DomainPage,
  DomainPolicy,
  Domains,
  JoinableOrganization,
  OrganizationDomain,
  VerifiedAddress,
} from './domains.ts'
export type { TxtResolver } from './txt-records.ts'
export { normalizeEmail } from './email-address.ts'
export type { ApiKey, ApiKeyPage, ApiKeyRotation, ApiKeys, ApiKeyTenancy, NewApiKey } from './api-keys.ts'
export type { NoSettings, Settings, SettingsPatch, SettingsWriteOptions, VersionedSettings } from './settings.ts'
export type { Plans } from './plans.ts'
export type { StoredSubscriptionStatus, Subscription, Subscriptions, SubscriptionState } from './subscriptions.ts'
export type { MemberWriteOptions } from './write-control-plane.ts'
export type { Administration, AdministrationOptions, OrganizationPage, RoleDefinition } from './administration.ts'
export { importMembers } from './import-members.ts'
export type { MemberImport, MemberImportResult } from './import-members.ts'
export { findHostUser } from './host-users.ts'
export type { HostUser, HostUsers } from './host-users.ts'
export { insertOrganization } from './insert-organization.ts'
export type { NewOrganization } from './insert-organization.ts'
export type { Organization } from './organization.ts'
export type { BuiltInRole, Member, Role } from './member.ts'
export { organizationRoutes } from './routes/organization-routes.ts'
export type { OrganizationRoutesOptions } from './routes/organization-routes.ts'
export { errorCodes } from './error-codes.ts'
export type { ErrorCode } from './error-codes.ts'
