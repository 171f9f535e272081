/** Words that a service has for itself in paths and host names: an organization of that name would stand in the way. */
const reserved: ReadonlySet<string> = new Set(
  `about account accounts admin administrator api app apps assets auth billing blog cdn console contact dashboard
   demo dev docs download downloads explore features ftp graphql health healthz help home host
   images imap internal invitations invite job jobs legal localhost login logout mail me members metrics new news
   null oauth official operator organization organizations orgs owner partywall password ping pop pricing privacy
   profile public readyz register root saml security settings shop signin signout signup smtp sso staff static
   status store support system team teams terms test tests undefined user users v1 v2 v3 webhook webhooks wiki www`.split(
    /\s+/,
  ),
)

/** Whether a slug is kept for the service. */
export function isReservedSlug(slug: string): boolean {
  return reserved.has(slug)
}
