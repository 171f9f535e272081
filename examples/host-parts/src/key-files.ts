import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JWK } from 'jose'
import { createTokenIssuer, type TokenIssuer } from './token-issuer.ts'

/** Where the keys of a machine of one's own are, and whose they are. */
export interface KeyFiles {
  readonly directory: string
  readonly issuer: string
  readonly audience: string
}

/** How many keys stay published: the newest, and the one whose tokens are still about. */
const published = 2

/** Makes the next key and writes the files. Gives the URL of the public ones, for `openTokenKeys`. */
export async function rotateKeyFiles(files: KeyFiles): Promise<string> {
  const keys = await readKeys(files.directory)
  const issuer = await createTokenIssuer({ ...files, keys })
  if (keys.length > 0) await issuer.rotate()
  while (issuer.keys.length > published) issuer.retire()
  await mkdir(files.directory, { recursive: true, mode: 0o700 })
  await writeFile(path.join(files.directory, 'signing-keys.json'), JSON.stringify(issuer.keys), { mode: 0o600 })
  const publicFile = path.join(files.directory, 'jwks.json')
  await writeFile(publicFile, JSON.stringify(issuer.keySet))
  return pathToFileURL(publicFile).href
}

/** The issuer whose keys are in the files. @throws Error when there are none. */
export async function readKeyFiles(files: KeyFiles): Promise<TokenIssuer> {
  const keys = await readKeys(files.directory)
  if (keys.length === 0) throw new Error(`There are no keys in ${files.directory}: make some first.`)
  return await createTokenIssuer({ ...files, keys })
}

async function readKeys(directory: string): Promise<JWK[]> {
  try {
    return JSON.parse(await readFile(path.join(directory, 'signing-keys.json'), 'utf8')) as JWK[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
