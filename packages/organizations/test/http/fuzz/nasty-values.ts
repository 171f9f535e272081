import fc from 'fast-check'

/** Texts that have broken a parser, a query or a log somewhere. */
export const nastyTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  '\ufeff',
  '%00',
  '%',
  '%zz',
  '%ff%fe',
  '..',
  '../../etc/passwd',
  '%2e%2e%2f',
  '//',
  '\\',
  "'",
  "' or 1=1 --",
  "'; drop table memberships; --",
  '"',
  '$1',
  '{{7*7}}',
  '<script>',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e309',
  '9999999999999999999999',
  '0x10',
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(300),
  'é'.repeat(4000),
  '🦜'.repeat(70),
  'pwk_0000000000000000_00000000000000000000000000000000000000000000000000',
]

export const nastyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('\0', 'a\0b', '\ud800') },
  { weight: 3, arbitrary: fc.constantFrom(...nastyTexts) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
)

const nastyNumber = fc.constantFrom(0, -0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324)

/** Any value that JSON can hold, and some that a schema does not expect. */
export const nastyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: nastyText },
  nastyNumber,
  fc.constantFrom(null, true, [], {}, [[]], { __proto__: 1 }, { constructor: { prototype: {} } }),
  fc.jsonValue({ maxDepth: 4 }),
  fc.array(nastyText, { maxLength: 300 }),
)

/** Bodies that are no JSON, or JSON that nobody should send. */
export const nastyBody: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      '{',
      '{"a":',
      '{"a":1,"a":2}',
      '\ufeff{}',
      '[[]',
      'NaN',
      '"\\ud800"',
      '{"__proto__":{"isAdmin":true}}',
      '{"role":"owner\\u0000"}',
      '['.repeat(9000),
      '{"a":'.repeat(3000),
      `"${'x'.repeat(30_000)}"`,
      '1'.repeat(5000),
      'a=1&b=2',
      '<a/>',
      'null',
      '',
    )
    .map((text) => Buffer.from(text)),
)
