import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatementSplitter, type DumpPiece } from './statement-splitter.ts'

/** What a consumer sees: statements and commands as text, COPY data joined. */
function split(chunks: readonly Buffer[]): string[] {
  const splitter = new StatementSplitter()
  const seen: string[] = []
  let data: string | undefined
  const take = (piece: DumpPiece): void => {
    if (piece.kind === 'copy-data') data = (data ?? '') + piece.bytes.toString('latin1')
    else if (piece.kind === 'copy-end') {
      seen.push(`data ${data ?? ''}`)
      data = undefined
    } else if (piece.kind === 'psql-command')
      seen.push(`${piece.line} ${piece.insideStatement ? 'inside ' : ''}${piece.text}`)
    else seen.push(`${piece.line} ${piece.bytes.toString('latin1')}`)
  }
  for (const chunk of chunks) for (const piece of splitter.push(chunk)) take(piece)
  for (const piece of splitter.end()) take(piece)
  return seen
}

const splitText = (text: string): string[] => split([Buffer.from(text, 'latin1')])

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  let at = 0
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

describe('StatementSplitter', () => {
  it.each([
    ['ends statements at semicolons and counts lines', 'select 1;\n\nselect\n2 ;', ['1 select 1', '3 select\n2 ']],
    ['runs a last statement without a semicolon', 'select 1;select 2\n', ['1 select 1', '1 select 2\n']],
    ['drops comments between statements', '-- a; b\n/* c; /* d; */ e; */ select 1;\n-- end', ['2 select 1']],
    [
      'ends a line comment at a carriage return, as the server does',
      'select 1 --\r;select 2;',
      ['1 select 1 --\r', '1 select 2'],
    ],
    ['keeps comments within statements', "select 1 -- a; ' b\n, 2 /* ; */;", ["1 select 1 -- a; ' b\n, 2 /* ; */"]],
    ['reads doubled quotes', `select 'a;''b;', "c;""d;";select 2;`, [`1 select 'a;''b;', "c;""d;"`, '1 select 2']],
    ['reads backslashes as themselves in standard strings', `select 'a\\';select 2;`, [`1 select 'a\\'`, '1 select 2']],
    ['reads escape strings', `select E'a\\';b', e'\\\\';select 2;`, [`1 select E'a\\';b', e'\\\\'`, '1 select 2']],
    [
      'reads an escape string that goes on after a line break',
      `select E'a'\n  'b\\';c';`,
      [`1 select E'a'\n  'b\\';c'`],
    ],
    [
      'tells a word that ends in e from an escape string',
      `select date'\\';select 2;`,
      [`1 select date'\\'`, '1 select 2'],
    ],
    [
      'reads dollar quotes',
      'select $$a;$b$;$$, $b$;$$;$b$;select 2;',
      ['1 select $$a;$b$;$$, $b$;$$;$b$', '1 select 2'],
    ],
    [
      'takes dollars in names and parameters for no quotes',
      'select a$b$c, $1;select $2$;',
      ['1 select a$b$c, $1', '1 select $2$'],
    ],
    [
      'keeps statements in parentheses together',
      'create rule r as on delete to t do (a; b);select 1;',
      ['1 create rule r as on delete to t do (a; b)', '1 select 1'],
    ],
    [
      'keeps the body of an SQL function together',
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end;select 3;',
      [
        '1 create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
        '1 select 3',
      ],
    ],
    ['lets BEGIN be a statement', 'begin; select 1; end; select 2;', ['1 begin', '1 select 1', '1 end', '1 select 2']],
    [
      'passes COPY data on, to its end mark',
      "copy t (a) from stdin;\na;'\\\\.\n\\.x\n\\.\nselect 1;",
      ['1 copy t (a) from stdin', "data a;'\\\\.\n\\.x\n", '5 select 1'],
    ],
    [
      'passes COPY data without rows',
      'COPY t FROM stdin;\n\\.\n\nselect 1;',
      ['1 COPY t FROM stdin', 'data ', '4 select 1'],
    ],
    [
      'reads lines of Windows',
      'copy t from stdin;\r\na\r\n\\.\r\nselect 1;\r\n',
      ['1 copy t from stdin', 'data a\r\n', '4 select 1'],
    ],
    [
      'reads no data after other kinds of COPY',
      'copy (select a from stdin) to stdout;select 1;',
      ['1 copy (select a from stdin) to stdout', '1 select 1'],
    ],
    [
      'reads psql commands',
      '\\restrict abc\n\\connect shop\nselect 1\n\\gexec\n',
      ['1 \\restrict abc', '2 \\connect shop', '4 inside \\gexec', '3 select 1\n\\gexec\n'],
    ],
    [
      'follows standard_conforming_strings',
      `set standard_conforming_strings = off;select 'a\\';b';set standard_conforming_strings to 'on';select 'c\\';`,
      [
        '1 set standard_conforming_strings = off',
        `1 select 'a\\';b'`,
        "1 set standard_conforming_strings to 'on'",
        `1 select 'c\\'`,
      ],
    ],
    ['reads nothing from nothing', ' ;; \n;', []],
  ])('%s', (_, text, expected) => {
    expect(splitText(text)).toEqual(expected)
  })

  it.each([
    ["select 'a;", 'quote'],
    ['select 1 /* a', 'block comment'],
    ['select $a$ b', 'dollar'],
    ['select "a', 'identifier'],
    ['copy t from stdin;\na\n', 'COPY data'],
    ['copy t from stdin;\na\n\\', 'COPY data'],
  ])('refuses a dump that is cut off: %j', (text, inside) => {
    expect(() => splitText(text)).toThrow(
      expect.objectContaining({ code: 'DUMP_UNREADABLE', message: expect.stringContaining(inside) }),
    )
  })

  it('refuses SQL on the line of a COPY, which psql would run after the data', () => {
    expect(() => splitText('copy t from stdin; select 1;\n\\.\n')).toThrow(
      expect.objectContaining({ code: 'DUMP_UNSUPPORTED' }),
    )
  })

  it.each(['pg-dump-15.sql', 'pg-dump-15-latin1.sql', 'pg-dump-15-create.sql', 'pg-dump-15-inserts.sql'])(
    'gives the same pieces of %s wherever the stream is cut',
    (name) => {
      const bytes = readFileSync(new URL(`fixtures/${name}`, import.meta.url))
      const whole = split([bytes])
      expect(split(cut(bytes, [1]))).toEqual(whole)
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }), (sizes) => {
          expect(split(cut(bytes, sizes))).toEqual(whole)
        }),
        { numRuns: 40 },
      )
    },
  )

  it('recovers any statements from their concatenation, cut anywhere', () => {
    const body = fc.string({
      unit: fc.constantFrom('a', ';', '\n', '\\', "'", '"', '$', '-', '/', '*', '(', 'é', 'begin ', 'end '),
    })
    const token = fc.oneof(
      fc.constantFrom('x', '1', ', ', '+', '(1, 2)', '\n', ' - ', ' / ', 'a$1', '$1 ', 'case end'),
      body.map((text) => `'${text.replaceAll("'", "''")}'`),
      body.map((text) => ` E'${text.replaceAll(/['\\]/g, String.raw`\$&`)}' `),
      body.map((text) => `"${text.replaceAll('"', '""')}"`),
      body.map((text) => ` $q_1$${text.replaceAll('$', '')}$q_1$ `),
      body.map((text) => ` $$${text.replaceAll('$', '')}$$ `),
      body.map((text) => `/*${text.replaceAll(/[*/]/g, '')}/* nested; */*/`),
      body.map((text) => ` --${text.replaceAll('\n', '')}\n`),
      body.map((text) => `(a; ${text.replaceAll(/[^a;\n]/g, '')})`),
    )
    const statement = fc.array(token, { maxLength: 8 }).map((tokens) => `select ${tokens.join(' + ')}`)
    const rows = fc.array(
      body.map((text) => text.replaceAll('\n', '').replaceAll('\\', '\\\\')),
      { maxLength: 5 },
    )
    const copy = rows.map((lines) => ({
      text: `copy t from stdin;\n${lines.map((line) => `${line}\n`).join('')}\\.\n`,
      lines,
    }))
    const piece = fc.oneof(
      statement.map((text) => ({ text: `${text};\n`, seen: [text] })),
      copy.map(({ text, lines }) => ({
        text,
        seen: ['copy t from stdin', `data ${lines.map((line) => `${line}\n`).join('')}`],
      })),
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (pieces, sizes) => {
          const bytes = Buffer.from(pieces.map(({ text }) => text).join(''), 'latin1')
          const seen = split(cut(bytes, sizes)).map((text) => text.replace(/^\d+ /, ''))
          expect(seen).toEqual(pieces.flatMap(({ seen }) => seen))
        },
      ),
      { numRuns: 500 },
    )
  })
})
