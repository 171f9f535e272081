/** What a home-made tenant scope gets wrong, one thing at a time. */
export const flaws = {
  'read-at-dispatch': 'reads the tenant when a connection is lent, not when the caller calls',
  'session-setting': 'sets the tenant for the session and never takes it back',
  'cached-setting': 'remembers which tenant the session has, and forgets that a rollback changes it',
  'set-before-statement': 'sets the tenant with is_local outside a transaction',
  'reset-per-operation': 'sets and resets the tenant around each operation of a transaction',
  'no-echo': 'does not look at what the server says the tenant is',
  'no-rearm': 'does not send the tenant again after ROLLBACK TO',
  'immortal-handle': 'lets the handle of a transaction live on after it',
  'any-scope': 'lets a transaction work in the scope of another tenant',
  'returned-in-transaction': 'lends a connection again that was given back inside a transaction',
  'no-login-check': 'connects as any login',
  'unchecked-statements': 'sends whatever it is given',
  'stray-control': 'sends BEGIN on a connection that goes to the next caller',
  'last-tenant': 'keeps the tenant in a variable',
  'tenant-optional': 'goes on without a tenant, and lets the database refuse',
  'batched-by-tick': 'merges the look-ups of one tick, whoever asked',
  'bare-bootstrap': 'sends nothing in front of statements that need no tenant',
  'split-transaction': 'runs the parts of a transaction on connections of their own',
  'no-rollback': 'gives a connection back as an error left it',
  'lends-broken': 'lends a connection again that has ended',
  'raw-unscoped': 'hooks the calls of the library, and not its raw SQL',
  'stream-unscoped': 'hooks the calls of the library, and not its streams',
} as const

/** The name of a flaw. */
export type Flaw = keyof typeof flaws
