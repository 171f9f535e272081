import { describe, expect, it } from 'vitest'
import { dumpFailed, statementExcerpt } from './dump-error.ts'

describe('statementExcerpt', () => {
  it.each([
    ["INSERT INTO t (a) VALUES ('secret', 42)", 'INSERT INTO t (a) VALUES …'],
    ["INSERT INTO t SELECT 42, 'secret'", 'INSERT INTO t SELECT …'],
    ["COMMENT ON TABLE t IS 'it''s secret'", "COMMENT ON TABLE t IS '…'"],
    ['DO $x$ secret $x$', 'DO $x$…$x$'],
    ['CREATE  TABLE\n t ()', 'CREATE TABLE t ()'],
  ])('shows what %j is, without values', (text, expected) => {
    expect(statementExcerpt(text)).toBe(expected)
  })

  it('is 80 characters at most', () => {
    expect(statementExcerpt(`CREATE TABLE ${'x'.repeat(200)}`)).toHaveLength(80)
  })
})

describe('dumpFailed', () => {
  it('names line, SQLSTATE and statement, and no value of a row', () => {
    const server = Object.assign(new Error('invalid input syntax for type integer: "secret"'), {
      code: '22P02',
      detail: 'Key (a)=(secret)',
      where: 'COPY t, line 3, column a: "secret"',
    })
    const error = dumpFailed(server, { line: 10, text: 'COPY t FROM stdin' })
    expect(error).toMatchObject({
      code: 'DUMP_FAILED',
      details: { line: 13, sqlState: '22P02', statement: 'COPY t FROM stdin' },
    })
    expect(error.message).toContain('Line 13 of the dump: PostgreSQL refused "COPY t FROM stdin" with 22P02')
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain('secret')
  })
})
