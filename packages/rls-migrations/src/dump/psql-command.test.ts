import { describe, expect, it } from 'vitest'
import { classifyPsqlCommand } from './psql-command.ts'

describe('classifyPsqlCommand', () => {
  it.each([
    '\\restrict abc',
    '\\unrestrict abc',
    "\\echo 'a \\n b'",
    '\\set ON_ERROR_STOP on',
    '\\timing',
    '\\pset pager off',
  ])('leaves out %s', (text) => {
    expect(classifyPsqlCommand(text).action).toBe('skip')
  })

  it.each([
    '\\i other.sql',
    '\\ir other.sql',
    '\\! rm -rf /',
    '\\!id',
    "\\copy t from 'x'",
    '\\gexec',
    '\\o file',
    '\\if true',
    '\\.',
    '\\set x `id` \\i other.sql',
    '\\echo a \\\\ drop table t;',
  ])('refuses %s', (text) => {
    expect(classifyPsqlCommand(text).action).toBe('refuse')
  })

  it.each([
    ['\\connect shop', 'shop'],
    ['\\c chinook;', 'chinook'],
    ['\\connect -reuse-previous=on "dbname=\'a b\'"', "dbname='a b'"],
    ['\\c - bob', null],
    ['\\c', null],
  ])('reads the database of %s', (text, database) => {
    expect(classifyPsqlCommand(text)).toEqual({ action: 'connect', database })
  })

  it('reads an encoding', () => {
    expect(classifyPsqlCommand('\\encoding LATIN1')).toEqual({ action: 'encoding', name: 'LATIN1' })
  })
})
