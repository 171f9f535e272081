import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findExampleProblems } from '../scripts/api-examples/find-example-problems.ts'
import { openSources } from '../scripts/api-examples/open-sources.ts'
import { publicCallables } from '../scripts/api-examples/public-api.ts'
import { examplesIn } from '../scripts/api-examples/read-examples.ts'
import { runExample } from '../scripts/api-examples/run-example.ts'
import { typedProgram } from '../scripts/api-examples/typed-program.ts'

const root = join(import.meta.dirname, '..')
const names = {
  double: async (number: number) => number * 2,
  refuse: () => Promise.reject(Object.assign(new Error(), { code: 'NO' })),
}

describe('an example', () => {
  it.each([
    ['await double(2) // 4'],
    ['const four = await double(2) // 4'],
    ["const { length, ...rest } = 'four'\nlength // 4"],
    ['const { size } = new Map([[1, 2]]) // { size: 1 }'],
    ['const [first] = await Promise.all([\n  double(1),\n  double(2),\n]) // [2]'],
    ["console.log('four', await double(2)) // four 4"],
    ['await refuse() // TenancyError NO'],
    ['const double = (number: number): number => number\ndouble(4) // 4'],
    ['// In a line of its own a comment says what it likes.\nawait double(2)'],
    ['export default double(2)'],
    ["for (const number of [1, 2]) {\n  await double(number)\n}\nif (false) throw new Error('never')"],
  ])('passes that keeps its promise: %j', async (code) => {
    await expect(runExample(code, names)).resolves.toBeUndefined()
  })

  it.each([
    ['await double(2) // 5', 'Expected values to be strictly deep-equal'],
    ['const five = await double(2) // 5', 'Expected values to be strictly deep-equal'],
    ['const { size } = new Map([[1, 2]]) // { size: 2 }', 'Expected values to be strictly deep-equal'],
    ["console.log('four') // five", 'Expected values to be strictly equal'],
    ['await double(2) // TenancyError NO', 'Expected values to be strictly equal'],
    ['await refuse() // TenancyError YES', 'Expected values to be strictly equal'],
    ['await triple(2)', 'triple is not defined'],
    ['await double(2) // four, of course', 'of is not defined|Unexpected identifier|four is not defined'],
    ['await Promise.all([\n  double(1), // 2\n])', 'does not stand at the end of a statement'],
    ["throw new Error('broken')", 'broken'],
  ])('fails that does not: %j', async (code, message) => {
    await expect(runExample(code, names)).rejects.toThrow(new RegExp(message))
  })
})

const source = `
/**
 * Doubles, for bob@example.com as well.
 *
 * @example
 * \`\`\`ts
 * double(2) // 4
 * \`\`\`
 */
export function double(number: number): number {
  return number * 2
}

/** Has no example. */
export const triple = (number: number): number => number * 3

export interface Doubler {
  /**
   * @example
   * \`\`\`ts
   * const four = doubler.twice(2)
   * \`\`\`
   */
  twice(number: number): number
  /** Has none. */
  thrice(number: number): number
  /** An option. */
  readonly listener: () => void
}
/** A host implements it. */
export interface TxtResolver { resolveTxt(): void }
export class Doubling { twice(): void {} #hidden(): void { this.#hidden() } }
export const constant = 2
`

describe('the published interfaces', () => {
  it('have an example each, which compiles', () => {
    expect(findExampleProblems(root)).toEqual([])
  }, 60_000)
})

describe('the examples of a source', () => {
  it('are read with their names', () => {
    expect(examplesIn(source, 'double.ts')).toEqual([
      { name: 'double', path: 'double.ts', code: 'double(2) // 4' },
      { name: 'Doubler.twice', path: 'double.ts', code: 'const four = doubler.twice(2)' },
    ])
  })

  it('are asked of what can be called, and are compiled with the names that they are given', () => {
    const entry = join(root, 'double.ts')
    const surroundings = {
      names: { file: join(root, 'names.ts'), type: 'Names', members: ['doubler'] },
      exported: [{ name: 'double', entry, isValue: true }],
    }
    const program = (code: string): string => typedProgram({ name: '', path: '', code }, surroundings)
    using sources = openSources(root, [], {
      [entry]: source,
      [join(root, 'names.ts')]:
        "import type { Doubler } from './double.ts'\nexport interface Names { readonly doubler: Doubler }",
      [join(root, 'good.ts')]: program('const four: number = doubler.twice(double(2))'),
      [join(root, 'bad.ts')]: program("doubler.twice('2')\nmissing()"),
    })
    const { project } = sources
    expect(publicCallables(project, entry).map(({ name }) => name)).toEqual([
      'double',
      'triple',
      'Doubler.twice',
      'Doubler.thrice',
      'Doubling',
      'Doubling.twice',
    ])
    const problemsIn = (file: string): readonly string[] =>
      project.program.getSemanticDiagnostics(join(root, file)).map(({ text }) => text)
    expect(problemsIn('good.ts')).toEqual([])
    expect(problemsIn('bad.ts')).toEqual([
      "Argument of type 'string' is not assignable to parameter of type 'number'.",
      "Cannot find name 'missing'.",
    ])
  })
})
