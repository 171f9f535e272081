import { readFileSync } from 'node:fs'
import pg from 'pg'

/** Reads how much processor time a server has used. */
export interface ServerCpu {
  /** Milliseconds of all processes that serve connections now, since they began. `undefined` where it cannot be read. */
  readMs(): number | undefined
}

/** Finds the processes of a server on this machine. Reads /proc, so elsewhere than on Linux it knows nothing. */
export async function findServerCpu(url: string): Promise<ServerCpu> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const parent = parentOf(rows[0]?.pid ?? 0)
  await client.end()
  return { readMs: () => (parent === undefined ? undefined : childrenMs(parent)) }
}

function parentOf(pid: number): number | undefined {
  const line = /^PPid:\s*(\d+)$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')
  return line === null ? undefined : Number(line[1])
}

function childrenMs(parent: number): number | undefined {
  const children = readIfThere(`/proc/${parent}/task/${parent}/children`)
  if (children === undefined) return undefined
  const nanoseconds = children
    .trim()
    .split(' ')
    .map((pid) => Number((readIfThere(`/proc/${pid}/schedstat`) ?? '0').split(' ')[0]))
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
