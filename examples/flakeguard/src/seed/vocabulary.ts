/** The words that the generated data is made of. */
export const accounts = [
  { login: 'lanternworks', kind: 'organization' },
  { login: 'copper-finch', kind: 'organization' },
  { login: 'tidepool-labs', kind: 'organization' },
  { login: 'mira-ostrander', kind: 'user' },
] as const

export const repositoryNames: readonly string[] = [
  'checkout-api',
  'web-storefront',
  'billing-worker',
  'search-index',
  'mobile-app',
  'design-system',
  'data-pipeline',
  'auth-gateway',
  'notifications',
  'inventory-sync',
  'admin-console',
  'edge-cache',
]

export const people: readonly (readonly [first: string, last: string])[] = [
  ['Ada', 'Okafor'],
  ['Bruno', 'Lindqvist'],
  ['Chiara', 'Moretti'],
  ['Dev', 'Raman'],
  ['Elif', 'Yilmaz'],
  ['Farid', 'Haddad'],
  ['Grace', 'Nakamura'],
  ['Hugo', 'Marchetti'],
  ['Ines', 'Carvalho'],
  ['Jonas', 'Weber'],
  ['Keiko', 'Tanabe'],
  ['Liam', 'Gallagher'],
  ['Mei-Ling', 'Chen'],
  ['Noor', 'Al-Amin'],
  ['Oskar', 'Kowalski'],
  ['Priya', 'Venkatesan'],
  ['Quentin', 'Dubois'],
  ['Rosa', 'Delgado'],
  ['Sven', 'Aaltonen'],
  ['Tomas', 'Novak'],
  ['Uma', 'Bhattacharya'],
  ['Victor', 'Stanescu'],
  ['Wen', 'Li'],
  ['Yara', 'Boateng'],
]

export const topics: readonly string[] = [
  'typescript',
  'go',
  'python',
  'graphql',
  'kafka',
  'react',
  'terraform',
  'internal',
]

export const subjects: readonly string[] = [
  'CartService',
  'InvoiceRenderer',
  'SessionStore',
  'RateLimiter',
  'WebhookQueue',
  'PriceCalculator',
  'ImageUploader',
  'SearchRanker',
  'TokenRefresher',
  'ExportJob',
  'FeatureFlags',
  'OutboxRelay',
]

export const promises: readonly string[] = [
  'retries a request that timed out',
  'keeps the order of events',
  'rejects an expired token',
  'rounds half cents up',
  'survives a lost connection',
  'debounces rapid updates',
  'renders an empty list',
  'rolls back on conflict',
  'closes every open handle',
  'emits one metric a call',
  'honours the locale',
  'drains before shutdown',
]

export const failureMessages: readonly string[] = [
  'TimeoutError: waiting for selector ".cart-total" failed: 5000 ms exceeded',
  'AssertionError: expected 3 events to have length 4',
  'Error: connect ECONNREFUSED 127.0.0.1:6379',
  'AssertionError: expected "2026-03-29" to equal "2026-03-30"',
  'Error: deadlock detected (40P01)',
  'Error: EADDRINUSE: address already in use :::4000',
  'AssertionError: expected [ "b", "a" ] to deeply equal [ "a", "b" ]',
  'Error: socket hang up',
]

export const branches: readonly string[] = [
  'main',
  'main',
  'main',
  'release/3.2',
  'feat/partial-refunds',
  'fix/clock-skew',
]

export const labels: readonly (readonly [name: string, color: string])[] = [
  ['flaky', 'd73a4a'],
  ['infrastructure', '0e8a16'],
  ['timing', 'fbca04'],
  ['needs-owner', '5319e7'],
]

export const comments: readonly string[] = [
  'Seen again on main this morning, same stack.',
  'Passes 200 times in a row on my machine, so it needs the CI load.',
  'The fixture shares a port with the previous suite.',
  'Raised the timeout as a stopgap; the cause is the unordered set.',
]
