import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sqlTokens } from './sql-tokens.ts'
import { readStatement } from './statement.ts'

const setting = 'app.current_tenant_id'
const read = (text: string): ReturnType<typeof readStatement> => readStatement(text, setting)
const words = (text: string): string[] => [...sqlTokens(text)].map(({ kind, text: token }) => `${kind}:${token}`)

describe('sqlTokens', () => {
  it.each([
    [`select 'it''s' from "A""b"`, ['word:select', `string:it's`, 'word:from', 'name:A"b']],
    [`E'\\'x' e'a' u&'b' U&"c" n'd'`, [`string:\\'x`, 'string:a', 'string:b', 'name:c', 'string:d']],
    ['a$b$c $1 $$ body; $$ $t$ $$ $t$', ['word:a$b$c', 'parameter:$1', 'string: body; ', 'string: $$ ']],
    ['1 /* a /* b */ c */ 2 -- d\n3', ['number:1', 'number:2', 'number:3']],
    ['select/**/x', ['word:select', 'word:x']],
    ['\u00a0begin', ['word:\u00a0begin']],
    [`'open`, ['string:open']],
    ['/* open', []],
  ])('splits %j as the server does', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  it('ends, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from(`'"$/*-\\;eEuU&a1 \n`)) }), (text) => {
        expect(words(text).length).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

describe('readStatement', () => {
  it.each([
    ['begin', 'begin'],
    ['/* x */ START TRANSACTION isolation level serializable', 'begin'],
    ['COMMIT', 'commit'],
    ['end', 'commit'],
    ['rollback', 'rollback'],
    ['abort', 'rollback'],
    ['rollback work', 'rollback'],
    ['rollback to a', 'rollback-to'],
    ['ROLLBACK TRANSACTION TO SAVEPOINT a', 'rollback-to'],
    ['savepoint a', 'savepoint'],
    ['release savepoint a', 'savepoint'],
    ['set transaction read only', 'neutral'],
    ['lock table t', 'neutral'],
    ['deallocate all', 'deallocate'],
    ['"begin"', 'work'],
    ['select 1', 'work'],
    ['', 'work'],
  ])('takes %j for %s', (text, kind) => {
    expect(read(text).kind).toBe(kind)
  })

  it('finds transaction control behind any comment and white space', () => {
    const filler = fc.array(fc.constantFrom(' ', '\n', '\t', '\f', '/**/', '/* select */', "/* /* ; */ ' */", '-- x\n'))
    const control = fc.constantFrom('begin', 'Commit', 'ROLLBACK', 'savepoint a')
    fc.assert(
      fc.property(filler, control, (before, text) => {
        expect(read(before.join('') + text).kind).toBe(read(text).kind)
      }),
    )
  })

  it('never takes the inside of a string for a second statement', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(read(`select '${value.replaceAll("'", "''")}'`).refusal).toBeUndefined()
      }),
    )
  })

  it.each(['select 1; select 2', 'select 1;;select 2', `select ';'; commit`, 'begin; select 1'])(
    'refuses several statements: %j',
    (text) => {
      expect(read(text).refusal?.code).toBe('STATEMENT_UNSUPPORTED')
    },
  )

  it.each([
    'select 1; ; ',
    'create function f() returns int begin atomic select 1; select 2; end',
    `create temp table t (a int) on commit drop`,
    `create function temp() returns int language sql as 'select 1'`,
    'create table temp (a int)',
    `insert into temp values (1)`,
    `select set_config('app.other', $1, true)`,
    'alter role x rename to y',
    'set application_name = $1',
    'reset statement_timeout',
    'declare c cursor for select 1',
    'declare c cursor without hold for select 1',
    'prepare x as select 1',
  ])('does not refuse %j', (text) => {
    expect(read(text).refusal).toBeUndefined()
  })
})
