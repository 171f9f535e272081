import fc from 'fast-check'
import { wireText } from './fuzz-request.ts'
import type { FuzzRequest } from './fuzz-request.ts'

type Break = (wire: Buffer) => Buffer

/** What no client would send: requests that are cut, garbled, say a wrong length, or are none. */
export function drawWire(request: fc.Arbitrary<FuzzRequest>): fc.Arbitrary<Buffer> {
  const whole = fc
    .tuple(request, fc.option(fc.integer({ min: -5, max: 50_000 }), { nil: undefined }))
    .map(([one, length]) => wireText(one, length ?? one.body?.length))
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(whole, fc.array(breakage(), { minLength: 1, maxLength: 3 }))
        .map(([wire, all]) => all.reduce((bytes, one) => one(bytes), wire)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.array(whole, { minLength: 2, maxLength: 4 }).map((all) => Buffer.concat(all)) },
  )
}

function breakage(): fc.Arbitrary<Break> {
  const lines = [
    'transfer-encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'content-length: 5',
    'content-length: -1',
    'content-length: 1e3',
    'no colon',
    ': no name',
    ' folded',
    'x-organization: one\r\nx-organization: two',
    'authorization: Bearer a\r\nauthorization: Bearer b',
    'connection: upgrade\r\nupgrade: websocket',
    `x-long: ${'x'.repeat(20_000)}`,
    'expect: nothing',
    '\0: \0',
  ]
  return fc.oneof(
    fc.nat().map(
      (at): Break =>
        (wire) =>
          wire.subarray(0, at % (wire.length + 1)),
    ),
    fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]): Break => (wire) => {
      const changed = Buffer.from(wire)
      if (changed.length > 0) changed[at % changed.length] = byte
      return changed
    }),
    fc.constantFrom(...lines).map(
      (line): Break =>
        (wire) =>
          replaced(wire, '\r\n', `\r\n${line}\r\n`),
    ),
    fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'http/1.1', '').map(
      (version): Break =>
        (wire) =>
          replaced(wire, 'HTTP/1.1', version),
    ),
    fc.constantFrom('\n', '\r', '\r\n\r\n').map(
      (end): Break =>
        (wire) =>
          replaced(wire, '\r\n', end),
    ),
    fc.constantFrom('5\r\nhello\r\n', 'zz\r\n', '0\r\n\r\n', 'ffffffffffffffff\r\n').map(
      (chunk): Break =>
        (wire) =>
          Buffer.concat([replaced(wire, '\r\n', '\r\ntransfer-encoding: chunked\r\n'), Buffer.from(chunk)]),
    ),
  )
}

/** The first of it, in bytes. */
function replaced(wire: Buffer, text: string, by: string): Buffer {
  const at = wire.indexOf(text)
  if (at === -1) return wire
  return Buffer.concat([wire.subarray(0, at), Buffer.from(by, 'latin1'), wire.subarray(at + text.length)])
}
