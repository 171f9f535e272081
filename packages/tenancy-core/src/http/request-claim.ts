/**
 * What a request says of itself, from a verified source: a user, an API key or an installation, one of them. It authorizes
 * nothing: the directory is asked what they may.
 */
export interface RequestClaim {
  /** The user whom the host's own authentication has verified, by the id in its table. Anything but a text is nobody. */
  readonly userId?: string | null | undefined
  /** A header `Authorization: Bearer pwk_...`, for `authenticateApiKey` of the directory. */
  readonly apiKey?: string | undefined
  /** The installation that a webhook is about, by its id, once the signature was verified. */
  readonly installationId?: string | undefined
  /**
   * The slug or the id of the organization that the request is about: a header, a subdomain, a part of the path. An API key
   * and an installation belong to one; what is named here must be that one.
   */
  readonly organization?: string | readonly string[] | null | undefined
}

/** Reads the claim of a request; `undefined` when the request has none of this kind. */
export type ClaimReader<Request> = (request: Request) => RequestClaim | undefined | Promise<RequestClaim | undefined>

/** Reads which organization a request is about; `undefined` when it does not say. */
export type OrganizationReader<Request> = (request: Request) => string | undefined
