import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import type { TxtResolver } from './txt-records.ts'

/** A name server on this machine that answers with TXT records over UDP. */
export interface DnsServer extends AsyncDisposable {
  /** What each name has; a name that is not there does not exist. Records are sent in strings of up to 255 octets. */
  readonly records: Map<string, string[]>
  /** Names about which it stays silent, or fails. */
  readonly failing: Set<string>
  readonly resolver: TxtResolver
}

export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const records = new Map<string, string[]>()
  const failing = new Set<string>()
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query)
    socket.send(
      answer(query.subarray(0, end + 4), { texts: records.get(name), fails: failing.has(name) }),
      port,
      address,
    )
  })
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  const resolver = new Resolver({ timeout: 2000, tries: 1 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return {
    records,
    failing,
    resolver: { resolveTxt: (name) => resolver.resolveTxt(name) },
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

/** The name of the one question, which begins after the header of 12 octets. */
function readName(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString('latin1'))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

interface Known {
  readonly texts: readonly string[] | undefined
  readonly fails: boolean
}

function answer(question: Buffer, { texts = [], fails }: Known): Buffer {
  const head = Buffer.from(question)
  const code = fails ? 2 : texts.length === 0 ? 3 : 0
  head.writeUInt16BE(0x84_80 | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(fails ? 0 : texts.length, 6)
  head.writeUInt16BE(0, 8)
  head.writeUInt16BE(0, 10)
  return Buffer.concat([head, ...(fails ? [] : texts.map((text) => record(text)))])
}

/** A record of the name of the question, type TXT, class IN, that nobody may keep. */
function record(text: string): Buffer {
  const data = Buffer.concat(
    (text.match(/.{1,255}/gs) ?? ['']).map((part) =>
      Buffer.from(`${String.fromCodePoint(part.length)}${part}`, 'latin1'),
    ),
  )
  const head = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0])
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}
