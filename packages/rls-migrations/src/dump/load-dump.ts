import { DumpLoader } from './dump-loader.ts'
import type { DumpNote } from './dump-notes.ts'
import { LoadSession } from './load-session.ts'
import { openDump } from './open-dump.ts'
import { StatementSplitter } from './statement-splitter.ts'

/** Where the dump is: a file, plain or gzipped, or text. */
export type DumpSource = { readonly path: string } | { readonly text: string }

/** The empty database that takes the dump. */
export interface DumpTarget {
  /** Connects as the role that is to own everything. Never a superuser: the dump runs with what this role may do. */
  readonly ownerUrl: string
  /** Connects to the same database as an administrator, for extensions and roles. Without it they are left out. */
  readonly adminUrl?: string | undefined
  /** Called as the source is read; in bytes of the source, compressed where it is. */
  readonly onProgress?: ((bytesRead: number, bytesTotal: number) => void) | undefined
}

/** What a load did. */
export interface DumpReport {
  /** Statements that were run, COPY included. */
  readonly statements: number
  readonly copiedRows: number
  /** CREATE TABLE statements that were run. */
  readonly tables: number
  /** What was left out, changed or added. */
  readonly notes: readonly DumpNote[]
  readonly durationMs: number
}

/**
 * Loads a plain SQL dump, of pg_dump 10 to 18 or written by hand, into an empty database. The file is streamed. All
 * objects belong to the loading owner; roles that hold privileges are created without login. Nothing of the dump is
 * executed on this machine: psql commands that would are refused, psql variables are not expanded.
 *
 * The load completes or throws; after an error the database holds a part of the dump and is to be dropped.
 *
 * @throws TenancyError `DUMP_UNREADABLE` when there is no such file, it is not plain SQL, or it is cut off.
 * @throws TenancyError `DUMP_UNSUPPORTED` when the dump needs what only psql can do.
 * @throws TenancyError `DUMP_FAILED` when PostgreSQL refuses a statement.
 * @throws TenancyError `DUMP_TARGET_PRIVILEGED` when `ownerUrl` logs in as a role that reaches the server's machine.
 *
 * @example
 * ```ts
 * const { tables } = await loadDump({ path: 'shop.sql' }, { ownerUrl, adminUrl }) // { tables: 2 }
 * ```
 */
export async function loadDump(source: DumpSource, target: DumpTarget): Promise<DumpReport> {
  const startedAt = performance.now()
  const dump = await openDump(source)
  await using session = await LoadSession.open(target)
  const loader = new DumpLoader(session, 'text' in source)
  const splitter = new StatementSplitter()
  for await (const chunk of dump.chunks) {
    for (const piece of splitter.push(chunk)) await loader.take(piece)
    target.onProgress?.(dump.bytesRead(), dump.bytesTotal)
  }
  for (const piece of splitter.end()) await loader.take(piece)
  await loader.finish()
  return { ...loader.counts(), durationMs: Math.round(performance.now() - startedAt) }
}
