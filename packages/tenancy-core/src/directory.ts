/** One user in one organization, as the directory knows it. */
export interface Membership {
  readonly organizationId: string
  readonly slug: string
  readonly organizationStatus: 'active' | 'suspended' | 'deleted'
  readonly role: string
  /**
   * What the role includes, as rules: see `permits`.
   *
   * @defaultValue those of owner, admin, member and viewer
   */
  readonly permissions?: readonly string[] | undefined
  readonly membershipStatus: 'active' | 'suspended' | 'pending'
}

/** Asked before a tenant is known: may this user act in this organization? */
export interface Directory {
  /**
   * Finds the membership of a user, by the slug or the id of the organization. An unknown organization and one that the
   * user is not in are the same answer: `undefined`.
   */
  findMembership(request: { organization: string; userId: string }): Promise<Membership | undefined>
}
