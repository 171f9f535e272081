import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { TenancyError } from '@partywall/tenancy-core'

const othersMayRead = 0o077

/** A new pair for signing reports, as PEM. */
export interface ReportKeyPair {
  readonly privateKey: string
  readonly publicKey: string
  readonly keyId: string
}

export function createReportKey(): ReportKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    keyId: keyIdOf(publicKey),
  }
}

/**
 * Writes a pair beside each other: the private key for its owner alone, the public one as `<file>.pub`. Nothing is
 * replaced: reports that an old key signed could not be checked any more.
 *
 * @throws TenancyError `REPORT_KEY_INVALID` when one of the files is there, or cannot be written.
 */
export async function writeReportKey(file: string, pair: ReportKeyPair): Promise<void> {
  try {
    await writeFile(file, pair.privateKey, { flag: 'wx', mode: 0o600 })
    await writeFile(`${file}.pub`, pair.publicKey, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    throw keyInvalid(`${file} and ${file}.pub cannot be written: ${String(error)}`, error)
  }
}

/**
 * @throws TenancyError `REPORT_KEY_INVALID` when the file is no private Ed25519 key, or others than its owner may read it.
 */
export async function readPrivateKey(file: string): Promise<KeyObject> {
  const text = await readKeyFile(file)
  const { mode } = await stat(file)
  if (process.platform !== 'win32' && (mode & othersMayRead) !== 0)
    throw keyInvalid(`${file} can be read by others than its owner. Run: chmod 600 ${file}`)
  return parsePrivateKey(text, file)
}

/** @throws TenancyError `REPORT_KEY_INVALID` */
export function parsePrivateKey(pem: string, where: string): KeyObject {
  return ed25519(() => createPrivateKey(pem), `${where} holds no private key in PEM form`)
}

/** @throws TenancyError `REPORT_KEY_INVALID` when the file is no public Ed25519 key. */
export async function readPublicKey(file: string): Promise<KeyObject> {
  const text = await readKeyFile(file)
  // The public half of a private key would serve: whoever checks must never be asked to hold one.
  if (text.includes('PRIVATE KEY')) throw keyInvalid(`${file} holds a private key. Pass the public one, ${file}.pub`)
  return ed25519(() => createPublicKey(text), `${file} holds no public key in PEM form`)
}

/** SHA-256 of the SPKI, in hexadecimal digits. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw keyInvalid(`${file} cannot be read`, error)
  }
}

function ed25519(parse: () => KeyObject, otherwise: string): KeyObject {
  let key: KeyObject
  try {
    key = parse()
  } catch (error) {
    throw keyInvalid(otherwise, error)
  }
  if (key.asymmetricKeyType === 'ed25519') return key
  throw keyInvalid(`the key is ${String(key.asymmetricKeyType)} and not Ed25519. Make one: partywall report keygen`)
}

function keyInvalid(why: string, cause?: unknown): TenancyError {
  return new TenancyError('REPORT_KEY_INVALID', `The key cannot be used: ${why}.`, cause === undefined ? {} : { cause })
}
