import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** What a comment of a published source shows as its example. */
export interface ApiExample {
  /** `normalizeEmail`, `Members.leave`. */
  readonly name: string
  /** From the root of the repository, with slashes. */
  readonly path: string
  readonly code: string
}

const unpublished = /\.(test|test-d|fixture)\.ts$|\/(fixtures?|generated)\//

/** Every example in the sources below a directory of the repository, in the order of files and lines. */
export function readExamples(root: string, directory: string): readonly ApiExample[] {
  return globSync(`${directory}/**/*.ts`, { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !unpublished.test(path))
    .toSorted()
    .flatMap((path) => examplesIn(readFileSync(join(root, path), 'utf8'), path))
}

const commented = /\/\*\*(?<comment>(?:(?!\*\/)[\s\S])*\* @example\n(?:(?!\*\/)[\s\S])*)\*\/\n(?<declaration>.*)/g

export function examplesIn(text: string, path: string): readonly ApiExample[] {
  return [...text.matchAll(commented)].map(({ groups, index }) => {
    const [, example = ''] = (groups?.['comment'] ?? '').split('* @example\n')
    const code = /```ts\n([\s\S]*?)\n *\* ```/.exec(example)?.[1] ?? ''
    return {
      name: nameOf(groups?.['declaration'] ?? '', text.slice(0, index)),
      path,
      code: code.replaceAll(/^ *\* ?/gm, ''),
    }
  })
}

/** What is indented is a member of the interface or class that was declared last. */
function nameOf(declaration: string, before: string): string {
  if (declaration.startsWith('export default ')) return 'default'
  const name = /^\s*(?:export |readonly |async |function |const |class |type |interface )*([\w$]+)/.exec(
    declaration,
  )?.[1]
  if (!/^\s/.test(declaration)) return name ?? declaration
  const owner = [...before.matchAll(/^export (?:interface|class) (\w+)/gm)].at(-1)?.[1]
  return `${owner}.${name}`
}
