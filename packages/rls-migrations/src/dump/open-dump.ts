import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { TenancyError } from '@partywall/tenancy-core'
import type { DumpSource } from './load-dump.ts'

/** A dump whose beginning has been looked at. */
export interface OpenDump {
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes of the source, compressed where it is. */
  readonly bytesTotal: number
  /** Bytes of the source read so far. */
  readonly bytesRead: () => number
}

const CHUNK_BYTES = 256 * 1024
/** Up to the signature of a tar archive. */
const HEAD_BYTES = 512
const TAR_SIGNATURE_AT = 257
const TAR = "is in pg_dump's tar format. Make it plain first: pg_restore -f dump.sql dump.tar"

/** The beginnings of what is not plain SQL, and what makes it so. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['PGDMP', "is in pg_dump's custom format. Make it plain first: pg_restore -f dump.sql dump.pgdump"],
  ['toc.dat\0', TAR],
  ['\u00ff\u00fe', 'is UTF-16, as PowerShell writes it. Dump again with pg_dump -f dump.sql'],
  ['\u00fe\u00ff', 'is UTF-16. Dump again with pg_dump -f dump.sql'],
  ['\u0028\u00b5\u002f\u00fd', 'is compressed with zstd. Decompress it first: zstd -d'],
  ['\u0004\u0022\u004d\u0018', 'is compressed with lz4. Decompress it first: lz4 -d'],
  ['BZh', 'is compressed with bzip2. Decompress it first: bunzip2'],
  ['\u00fd7zXZ', 'is compressed with xz. Decompress it first: unxz'],
  ['PK\u0003\u0004', 'is a zip archive. Unpack it first'],
  ['-- MySQL dump', 'was written by mysqldump, for another database'],
  ['-- MariaDB dump', 'was written by mysqldump, for another database'],
  ['SQLite format 3', 'is an SQLite database'],
]

/**
 * Opens a dump, plain or gzipped, as a stream of bytes without a byte order mark.
 *
 * @throws TenancyError `DUMP_UNREADABLE` when there is no such file or it is not plain SQL.
 */
export async function openDump(source: DumpSource): Promise<OpenDump> {
  if ('text' in source) {
    const bytes = Buffer.from(source.text)
    return { chunks: sqlOnly(slices(bytes), 'The text'), bytesTotal: bytes.length, bytesRead: () => bytes.length }
  }
  const { size, gzip } = await inspect(source.path)
  const file = createReadStream(source.path, { highWaterMark: CHUNK_BYTES })
  const bytes: AsyncIterable<Buffer> = gzip ? gunzip(file) : file
  return {
    chunks: sqlOnly(readable(bytes, source.path), source.path),
    bytesTotal: size,
    bytesRead: () => file.bytesRead,
  }
}

async function inspect(path: string): Promise<{ size: number; gzip: boolean }> {
  try {
    const status = await stat(path)
    if (status.isDirectory())
      throw unreadable(
        path,
        'is a directory. Make a dump in directory format plain first: pg_restore -f dump.sql <directory>',
      )
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return { size: status.size, gzip: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b }
  } catch (error) {
    throw asUnreadable(error, path)
  }
}

async function* gunzip(file: AsyncIterable<Buffer> & NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  const decompressed = createGunzip({ chunkSize: CHUNK_BYTES })
  file.on('error', (error: Error) => decompressed.destroy(error))
  file.pipe(decompressed)
  for await (const chunk of decompressed) yield chunk as Buffer
}

async function* readable(bytes: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  const iterator = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await iterator.next().catch((error: unknown) => Promise.reject(asUnreadable(error, path)))
      if (done === true) return
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

// Looks at the first bytes, decompressed, before anything of them is sent.
async function* sqlOnly(bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0)
  for await (const chunk of bytes) {
    if (head === null) yield chunk
    else if (head.length + chunk.length < HEAD_BYTES) head = Buffer.concat([head, chunk])
    else {
      yield checked(Buffer.concat([head, chunk]), name)
      head = null
    }
  }
  if (head !== null && head.length > 0) yield checked(head, name)
}

function checked(head: Buffer, name: string): Buffer {
  const start = head.toString('latin1', 0, HEAD_BYTES)
  for (const [signature, what] of SIGNATURES) if (start.startsWith(signature)) throw unreadable(name, what)
  if (start.startsWith('ustar', TAR_SIGNATURE_AT)) throw unreadable(name, TAR)
  return start.startsWith('\u00ef\u00bb\u00bf') ? head.subarray(3) : head
}

function unreadable(name: string, what: string): TenancyError {
  return new TenancyError('DUMP_UNREADABLE', `${name} ${what}.`, { details: { source: name } })
}

function asUnreadable(error: unknown, path: string): TenancyError {
  if (error instanceof TenancyError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new TenancyError(
    'DUMP_UNREADABLE',
    `${path} cannot be read: ${reason}. Name an SQL file that pg_dump wrote, plain or gzipped.`,
    {
      details: { source: path },
      cause: error,
    },
  )
}
