import { readFile } from 'node:fs/promises'
import { TenancyError } from '@partywall/tenancy-core'

/** The ids a child process runs under. */
export interface UnprivilegedUser {
  readonly uid: number
  readonly gid: number
}

/**
 * The user that a server runs as when this process is root, because PostgreSQL refuses to run as root: `postgres` when
 * the machine has it, else `nobody`. No user is ever created. Undefined when this process isn't root.
 *
 * @throws TenancyError `POSTGRES_UNAVAILABLE` when the machine has neither.
 */
export async function unprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const user = pickUser(await readFile('/etc/passwd', 'utf8').catch(() => ''))
  if (user === undefined)
    throw new TenancyError(
      'POSTGRES_UNAVAILABLE',
      'PostgreSQL refuses to run as root and /etc/passwd has neither "postgres" nor "nobody": add one, or run as another user.',
    )
  return user
}

/** Picks the user from the text of a passwd file. */
export function pickUser(passwd: string): UnprivilegedUser | undefined {
  const rows = passwd.split('\n').map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const row = rows.find((fields) => fields[0] === name)
    const [uid, gid] = [Number(row?.[2]), Number(row?.[3])]
    if (row !== undefined && uid > 0 && gid > 0) return { uid, gid }
  }
  return undefined
}
