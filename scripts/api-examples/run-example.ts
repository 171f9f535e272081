import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { format } from 'node:util'

/** What an example may name, beside the globals. */
export type ExampleNames = object

/**
 * Runs an example as the body of an asynchronous function. The comment at the end of a statement is the value of its
 * expression, or of what it declares; behind `console.log()` it is what was printed, and `TenancyError CODE` is what the
 * statement is refused with. A comment of its own line says nothing that could be compared.
 */
export async function runExample(code: string, names: ExampleNames): Promise<void> {
  const printed: string[] = []
  const console = { log: (...values: readonly unknown[]) => void printed.push(format(...values)) }
  const $ = {
    equal: (found: unknown, promised: unknown) => deepStrictEqual(found, promised),
    printed: (promised: string) => strictEqual(printed.at(-1), promised),
    refused: async (work: () => Promise<unknown>, promised: string) => strictEqual(await codeOf(work), promised),
  }
  const scope: Readonly<Record<string, unknown>> = { ...names, console, $ }
  await new AsyncFunction(...Object.keys(scope), programOf(code))(...Object.values(scope))
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...text: readonly string[]
) => (...values: readonly unknown[]) => Promise<unknown>

async function codeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'no refusal'
}

/** The example as JavaScript, with a comparison behind each statement that promises something. */
export function programOf(code: string): string {
  const body = stripTypeScriptTypes(code.replace(/^export default /, 'void '))
  // In a block, so that the example may declare a name that it is given as well.
  return `'use strict'; {\n${statementsOf(body).map(compared).join('\n')}\n}`
}

/** A statement begins at the margin, and not with what closes another. */
function statementsOf(code: string): readonly string[] {
  return code.split(/\n(?=[^\s)}\].])/).map((statement) => statement.trimEnd())
}

function compared(statement: string): string {
  const lines = statement.split('\n').filter((line) => !/^\s*\/\//.test(line))
  const [nested] = lines.slice(0, -1).filter((line) => trailing.test(line))
  if (nested !== undefined) throw new Error(`The comment does not stand at the end of a statement: ${nested.trim()}`)
  const { work, promise } = trailing.exec(lines.join('\n'))?.groups ?? {}
  if (work === undefined || promise === undefined) return `${lines.join('\n')};`
  const code = /^TenancyError (?<code>[A-Z_]+)$/.exec(promise)?.groups?.['code']
  if (code !== undefined) return `await $.refused(async () => { ${work} }, '${code}');`
  if (work.startsWith('console.log(')) return `${work}; $.printed(${JSON.stringify(promise)});`
  // A pattern without defaults reads as the expression of what it took apart.
  const declared = /^const (?<pattern>[\s\S]+?) = /.exec(work)?.groups?.['pattern']
  return declared === undefined ? `$.equal(${work}, (${promise}));` : `${work}; $.equal(${declared}, (${promise}));`
}

const trailing = /^(?<work>[\s\S]*\S) +\/\/ (?<promise>.+)$/
