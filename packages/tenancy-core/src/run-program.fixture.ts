import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const packageDirectory: string = join(import.meta.dirname, '..')

/** Runs a program as a reader would, in the package itself, whose name leads to its own sources; gives what it prints. */
export async function runProgram(
  program: string,
  surroundings: { readonly appUrl: string; readonly organizationId: string },
): Promise<readonly string[]> {
  const { appUrl, organizationId } = surroundings
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=partywall-source', '--input-type=module-typescript', '--eval', program],
    {
      cwd: packageDirectory,
      env: { ...process.env, APP_DATABASE_URL: appUrl, ORGANIZATION_ID: organizationId, NO_COLOR: '1' },
    },
  )
  return stdout.trimEnd().split('\n')
}
