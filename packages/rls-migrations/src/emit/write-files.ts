import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TenancyError } from '@partywall/tenancy-core'
import type { EmittedFile } from './render-files.ts'

/**
 * Writes files into a folder, all or none.
 *
 * @throws TenancyError `EMIT_TARGET_EXISTS` when one of them is there already.
 */
export async function writeFiles(folder: string, files: readonly EmittedFile[]): Promise<void> {
  const taken = files.map((file) => join(folder, file.path)).filter((path) => existsSync(path))
  if (taken.length > 0) {
    throw new TenancyError(
      'EMIT_TARGET_EXISTS',
      `Nothing was written, since these files exist already: ${taken.slice(0, 3).join(', ')}${taken.length > 3 ? ' and more' : ''}. Name another folder with --out.`,
      { details: { files: taken } },
    )
  }
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}
