/**
 * Interfaces that a host implements, or of which it has objects from elsewhere: nobody calls their methods through this
 * project, so they have no example.
 */
export const ports: ReadonlySet<string> = new Set([
  // Implemented by hosts.
  'CliIo',
  'Command',
  'DeliveryLog',
  'Directory',
  'DirectoryWithFallback',
  'DrizzleCache',
  'Entitlements',
  'FallbackDirectory',
  'HttpStage',
  'InvitationMailer',
  'IsolationScope',
  'ScopedClient',
  'TxtResolver',
  // What other libraries hand out.
  'KyselyTransaction',
  'PgTransaction',
  'PrismaTransaction',
])
