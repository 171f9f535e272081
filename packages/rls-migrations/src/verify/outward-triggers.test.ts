import { describe, expect, it } from 'vitest'
import { outwardReason } from './outward-triggers.ts'
import type { Reactions } from './read-reactions.ts'

const name = (text: string): { schema: string; name: string } => ({ schema: 'public', name: text })

/** The functions by name; for each table a trigger that names one, or a rule that is written out. */
function reactions(
  functions: Readonly<Record<string, string>>,
  triggers: Readonly<Record<string, string>>,
  more: Partial<Reactions> = {},
): Reactions {
  return {
    functions: Object.entries(functions).map(([one, body]) => ({
      ...name(one),
      language: 'plpgsql',
      body,
      path: null,
    })),
    triggers: Object.entries(triggers).map(([table, called]) => ({
      kind: /^create rule/i.test(called) ? 'rule' : 'trigger',
      table: name(table),
      name: 'react',
      function: /^create rule/i.test(called) ? null : name(called),
      body: /^create rule/i.test(called) ? called : null,
    })),
    operators: [],
    numbered: [],
    ...more,
  }
}

describe('outwardReason', () => {
  it('finds nothing in a trigger that only changes the row', () => {
    expect(
      outwardReason(name('t'), reactions({ f: 'begin new.at := now(); return new; end' }, { t: 'f' })),
    ).toBeUndefined()
    expect(outwardReason(name('other'), reactions({ f: 'notify x' }, { t: 'f' }))).toBeUndefined()
  })

  it.each([
    ["perform pg_notify('a', 'b')", 'pg_notify'],
    ['NOTIFY jobs', 'NOTIFY'],
    ["perform dblink_exec('x', 'y')", 'dblink_exec'],
    ["perform net.http_post('x')", 'net'],
    ["copy t to program 'curl'", 'copy'],
    ["new.n := nextval('s')", 'nextval'],
    ['perform pg_terminate_backend(1)', 'pg_terminate_backend'],
    ['drop table victim', 'drop'],
    ['create temp table mine (id int)', 'create'],
    ['truncate victim', 'truncate'],
  ])('finds %s', (body, word) => {
    expect(outwardReason(name('t'), reactions({ f: body }, { t: 'f' }))).toContain(`mentions ${word}`)
  })

  it('follows functions and tables by their names, in circles too', () => {
    const functions = { f: 'perform g()', g: 'insert into "Log" values (f())', h: 'notify x' }
    expect(outwardReason(name('t'), reactions(functions, { t: 'f', Log: 'h' }))).toBe(
      'the trigger Log.react runs h, which mentions notify',
    )
    expect(outwardReason(name('t'), reactions({ f: 'perform g()', g: 'perform f()' }, { t: 'f' }))).toBeUndefined()
  })

  it('finds what an operator of the host does', () => {
    const operators = [{ schema: 'public', symbol: '=~=', function: name('shout') }]
    const functions = {
      f: 'if new.a =~= new.b then return null; end if; return new',
      shout: "select pg_notify('a', 'b')",
    }
    const run = (more: Partial<Reactions>): string | undefined =>
      outwardReason(name('t'), reactions(functions, { t: 'f' }, more))
    expect(run({ operators })).toBe('the trigger t.react runs shout, which mentions pg_notify')
    expect(run({})).toBeUndefined()
    const pinned = reactions(functions, { t: 'f' }, { operators })
    const withPath = (path: string): string | undefined =>
      outwardReason(name('t'), { ...pinned, functions: pinned.functions.map((one) => ({ ...one, path })) })
    expect(withPath('pg_catalog, pg_temp')).toBeUndefined()
    expect(withPath('"public", pg_temp')).toContain('mentions pg_notify')
  })

  it('finds statements that are put together as they run, and reads those that are written out', () => {
    const runs = (body: string): string | undefined => outwardReason(name('t'), reactions({ f: body }, { t: 'f' }))
    expect(runs("execute 'select pg_no' || 'tify(1)'")).toContain('puts statements together as it runs')
    expect(runs("execute format('update %I set a = 1', tg_table_name)")).toContain('puts statements together')
    expect(runs("execute 'update log set a = $1' using new.a;")).toBeUndefined()
  })

  it('finds writes to tables with a sequence, and other languages', () => {
    const audit = reactions({ f: 'insert into audit values (1)' }, { t: 'f' }, { numbered: [name('audit')] })
    expect(outwardReason(name('t'), audit)).toContain('writes to audit and its sequence')
    const python = reactions(
      {},
      { t: 'f' },
      { functions: [{ ...name('f'), language: 'plpython3u', body: '', path: null }] },
    )
    expect(outwardReason(name('t'), python)).toContain('written in plpython3u')
  })

  it('reads what a rule does, and follows it', () => {
    const ruled = (rule: string, more: Partial<Reactions> = {}): string | undefined =>
      outwardReason(name('t'), reactions({ f: 'notify x' }, { t: `CREATE RULE ${rule}`, log: 'f' }, more))
    expect(ruled('keep AS\n    ON DELETE TO t DO INSTEAD NOTHING;')).toBeUndefined()
    expect(ruled('"do AS listen" AS\n ON UPDATE TO t DO INSTEAD NOTHING;')).toBeUndefined()
    expect(ruled('tell AS ON INSERT TO t DO NOTIFY "jobs";')).toBe('the rule t.react mentions NOTIFY')
    expect(ruled('log AS ON INSERT TO t DO INSERT INTO log VALUES (1);')).toBe(
      'the trigger log.react runs f, which mentions notify',
    )
    expect(ruled('tell AS ON INSERT TO t DO SELECT f();')).toBe('the rule t.react runs f, which mentions notify')
    const numbered = { numbered: [name('log')] }
    expect(ruled('log AS ON INSERT TO t DO INSERT INTO log VALUES (1);', numbered)).toContain('its sequence')
  })
})
