import { TenancyError } from '../tenancy-error.ts'

const adapterKeys = 'name,rowMode,text,types,values'
const adapterFrames = /@prisma[\\/+]adapter-pg|PrismaPg/

/**
 * Refuses statements of a Prisma adapter that stands on the pool itself. Prisma merges the `findUnique` calls of one tick
 * and sends them in the scope of the first: one tenant would get the rows of another, and nothing at the level of the
 * pool could tell.
 *
 * @throws {TenancyError} `PRISMA_UNSCOPED`
 */
export function assertNotPrisma(args: readonly unknown[]): void {
  const config = args[0]
  if (typeof config !== 'object' || config === null || !('rowMode' in config) || args.length > 1) return
  // The exact set of fields that the adapter sends, with the values among them. No other client of `pg` does.
  if (Object.keys(config).toSorted().join() !== adapterKeys) return
  const types: unknown = Reflect.get(config, 'types')
  if (typeof types !== 'object' || types === null || Object.keys(types).join() !== 'getTypeParser') return
  throw unscoped()
}

/**
 * Refuses the adapter already when it connects. The adapter listens for errors of the pool it is given, once, which is
 * rare enough to look at the stack. Bundled and renamed, it is caught at its first statement.
 *
 * @throws {TenancyError} `PRISMA_UNSCOPED`
 */
export function assertNotPrismaListener(): void {
  if (adapterFrames.test(new Error('stack').stack ?? '')) throw unscoped()
}

function unscoped(): TenancyError {
  return new TenancyError(
    'PRISMA_UNSCOPED',
    'Prisma is connected to the pool directly and would mix the queries of tenants that arrive in one tick; nothing was ' +
      'sent. Create the client with scopedPrisma(tenancy, (adapter) => new PrismaClient({ adapter })).',
  )
}
