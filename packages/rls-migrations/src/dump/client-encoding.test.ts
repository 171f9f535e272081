import { describe, expect, it } from 'vitest'
import { copyWithEncoding, dumpEncoding, unknownEncoding } from './client-encoding.ts'

describe('dumpEncoding', () => {
  it.each([
    ['UTF8', [0xc3, 0xa9], 'é'],
    ['LATIN1', [0xe9, 0x80], 'é\u0080'],
    ['WIN1252', [0xe9, 0x80], 'é€'],
    ['latin9', [0xa4], '€'],
    ['LATIN5', [0xf0], 'ğ'],
    ['EUC_JP', [0xa4, 0xa2], 'あ'],
    ['KOI8R', [0xc1], 'а'],
    ['SQL_ASCII', [0xe9], 'é'],
  ])('decodes %s', (name, bytes, text) => {
    expect(dumpEncoding(name, 1).decode(Buffer.from(bytes))).toBe(text)
  })

  it('says when bytes are not UTF-8 instead of replacing them', () => {
    expect(dumpEncoding('UTF8', 1).decode(Buffer.from([0xe9]))).toBeNull()
  })

  it.each(['SJIS', 'BIG5', 'GBK', 'SHIFT_JIS_2004', 'UHC', 'JOHAB', 'EUC_TW'])('refuses %s', (name) => {
    expect(() => dumpEncoding(name, 7)).toThrow(
      expect.objectContaining({ code: 'DUMP_UNSUPPORTED', details: { line: 7 } }),
    )
  })

  it('reads what names no encoding as UTF-8 where it is, else as Latin 1', () => {
    expect(unknownEncoding.decode(Buffer.from('é'))).toBe('é')
    expect(unknownEncoding.decode(Buffer.from([0xe9]))).toBe('é')
  })
})

describe('copyWithEncoding', () => {
  const latin1 = dumpEncoding('LATIN1', 1)

  it.each([
    ['COPY t (a, b) FROM stdin', "COPY t (a, b) FROM stdin WITH (ENCODING 'LATIN1')"],
    ['COPY t FROM stdin WHERE a > 1', "COPY t FROM stdin WITH (ENCODING 'LATIN1') WHERE a > 1"],
    ['COPY t FROM stdin WITH (FORMAT csv)', "COPY t FROM stdin WITH (ENCODING 'LATIN1', FORMAT csv)"],
    ['COPY t FROM stdin (FORMAT csv)', "COPY t FROM stdin (ENCODING 'LATIN1', FORMAT csv)"],
    ['COPY t FROM stdin WITH CSV HEADER', "COPY t FROM stdin WITH CSV HEADER ENCODING 'LATIN1'"],
    ["COPY t FROM stdin WITH (ENCODING 'WIN1252')", "COPY t FROM stdin WITH (ENCODING 'WIN1252')"],
  ])('tells COPY the encoding of its data: %s', (text, expected) => {
    expect(copyWithEncoding(text, latin1)).toBe(expected)
  })

  it('leaves COPY of UTF-8 alone', () => {
    expect(copyWithEncoding('COPY t FROM stdin', dumpEncoding('UTF8', 1))).toBe('COPY t FROM stdin')
  })
})
