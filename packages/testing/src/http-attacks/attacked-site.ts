import type { Json } from '@partywall/tenancy-core/http'
import type { Attack } from './attack.ts'
import type { AttackedRoute } from './attacked-route.ts'

/** Who asks: headers that prove it, or claim it. The organization is named by the suite. */
export type Credentials = Readonly<Record<string, string>>

/** A place in a request. */
export interface Place {
  readonly route: AttackedRoute
  readonly in: 'path' | 'query' | 'body'
  /** Of the parameter or the property. */
  readonly name: string
}

/** Everybody whom an organization has to do with. Whoever is missing is not played. */
export interface AttackedCallers {
  /** May do everything. */
  readonly owner: Credentials
  /** Reads, and changes nothing (`*:read`). */
  readonly viewer: Credentials
  /** Another owner. */
  readonly deputy?: Credentials | undefined
  /** Members who are not active. */
  readonly suspended: Readonly<Record<string, Credentials>>
  /** Who may read what the organization is, and not change it: the role `member`. */
  readonly member?: Credentials | undefined
  /** A member whose role includes nothing that a route asks for. */
  readonly powerless?: Credentials | undefined
  /** Who was invited, and has not accepted. */
  readonly invitee?: Credentials | undefined
  /** An API key that may do everything. */
  readonly key?: Credentials | undefined
  /** An API key that includes nothing that a route asks for. */
  readonly powerlessKey?: Credentials | undefined
}

/** One of the two organizations. */
export interface AttackedOrganization {
  readonly id: string
  readonly slug: string
  /** Stands in data of this organization alone: no answer to anybody else has it. */
  readonly marker: string
  readonly callers: AttackedCallers
  /**
   * Who is nobody: expired and forged tokens, keys that were revoked or changed. Those of one group are answered alike, with 401.
   */
  readonly impostors: Readonly<Record<string, Readonly<Record<string, Credentials>>>>
  /** An id of this organization, where one stands in that place; `undefined` where none does. */
  readonly idFor: (place: Place) => string | number | undefined
}

/** What is attacked. */
export interface AttackedSite {
  /** `http://127.0.0.1:3000`: a running host. */
  readonly origin: string
  /** The OpenAPI document of the host. */
  readonly document: Json
  /** Two organizations of which nobody is in both. Asked for each route. */
  readonly organizations: () => Promise<{
    readonly victim: AttackedOrganization
    readonly rival: AttackedOrganization
  }>
  /** Somebody who has signed in, and is in no organization. */
  readonly outsider: Credentials
  /** A digest of all that an organization has. */
  readonly fingerprint: (organizationId: string) => Promise<string>
  /** An id that nothing has, for a place where an id stands. @defaultValue one like those that there are */
  readonly unknownId?: ((place: Place) => string | number) | undefined
  /** What is right in a place where the schema does not tell it, for an organization. @defaultValue by the schema */
  readonly valueFor?: ((place: Place, organization: AttackedOrganization) => unknown) | undefined
  /** Suspends an organization, and takes that back. @defaultValue it is not played */
  readonly suspend?: ((organizationId: string, isSuspended: boolean) => Promise<void>) | undefined
  /** Makes the owner of the first an owner of the second as well. @defaultValue it is not played */
  readonly shareOwner?: ((of: AttackedOrganization, into: AttackedOrganization) => Promise<void>) | undefined
  /** Makes the owner a viewer, after everything else on a route. @defaultValue it is not played */
  readonly demoteOwner?: ((of: AttackedOrganization) => Promise<void>) | undefined
  /** Who makes the right request, where it is not the owner. */
  readonly rightCaller?: ((route: AttackedRoute, victim: AttackedOrganization) => Credentials | undefined) | undefined
  /** Whether viewers may use a route although it is no reading: the one by which members leave. @defaultValue no such route */
  readonly viewersMay?: ((route: AttackedRoute) => boolean) | undefined
  /** Whether the right request on a route changes something. @defaultValue of every method but GET and HEAD */
  readonly changes?: ((route: AttackedRoute) => boolean) | undefined
  /** Whether the host reads input before it asks who may: wrong input is answered with 400 to anybody. @defaultValue false */
  readonly readsInputFirst?: boolean | undefined
  /** Attacks of your own, played with the others. */
  readonly attacks?: readonly Attack[] | undefined
}
