import type { Link } from './arguments.ts'

/** What a variant is compared with, and the ratio that it has to stay below. */
export interface Comparison {
  readonly variant: string
  readonly base: string
  /** Without an entry for a link, the ratio is only shown. */
  readonly atMost?: Readonly<Record<Link, number>>
}

/** Targets hold at this concurrency. */
export const targetConcurrency = 32

/** Each variant with what it is compared with; the first of a variant is the base of its group. */
export const comparisons: readonly Comparison[] = [
  { variant: 'raw-prepared', base: 'raw' },
  { variant: 'classic', base: 'raw' },
  { variant: 'tenancy', base: 'raw', atMost: { loopback: 0.75, '1ms': 0.85 } },
  { variant: 'tenancy', base: 'raw-prepared', atMost: { loopback: 1.15, '1ms': 1.05 } },
  { variant: 'tenancy', base: 'classic' },
  { variant: 'tenancy-pipeline', base: 'raw', atMost: { loopback: 0.5, '1ms': 0.55 } },
  { variant: 'tenancy-pipeline', base: 'tenancy' },
  { variant: 'tenancy-sealed', base: 'raw' },
  { variant: 'tenancy-sealed', base: 'tenancy' },
  { variant: 'tenant-kit', base: 'raw' },
  { variant: 'tenancy', base: 'tenant-kit' },
  { variant: 'raw-transaction-prepared', base: 'raw-transaction' },
  { variant: 'classic-transaction', base: 'raw-transaction' },
  { variant: 'tenancy-transaction', base: 'raw-transaction', atMost: { loopback: 1.1, '1ms': 0.95 } },
  { variant: 'tenancy-transaction', base: 'raw-transaction-prepared' },
  { variant: 'tenancy-batch', base: 'raw-transaction' },
  { variant: 'kysely-raw-prepared', base: 'kysely-raw' },
  { variant: 'kysely-tenancy', base: 'kysely-raw' },
  { variant: 'kysely-tenancy', base: 'kysely-raw-prepared', atMost: { loopback: 1.15, '1ms': 1.05 } },
  { variant: 'prisma-raw-prepared', base: 'prisma-raw' },
  { variant: 'prisma-extension', base: 'prisma-raw' },
  { variant: 'prisma-tenancy', base: 'prisma-raw', atMost: { loopback: 1.1, '1ms': 1.1 } },
  { variant: 'prisma-tenancy', base: 'prisma-raw-prepared' },
  { variant: 'prisma-tenancy', base: 'prisma-extension' },
  { variant: 'prisma-unique-tenancy', base: 'prisma-unique-raw', atMost: { loopback: 1.1, '1ms': 1.1 } },
  { variant: 'drizzle-tenancy', base: 'drizzle-raw' },
  { variant: 'better-tenant', base: 'drizzle-raw' },
  { variant: 'drizzle-tenancy', base: 'better-tenant' },
]
